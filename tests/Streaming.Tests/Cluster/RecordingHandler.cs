using System.Text;
using System.Threading.Channels;

namespace McCache.Streaming.Tests;

/// <summary>A frame handler that keeps what it is told. Frames that say "nonsense" it refuses.</summary>
internal sealed class RecordingHandler : IFrameHandler
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private long _until = -1;

    internal long Until => Volatile.Read(ref _until);

    internal Action<string>? OnApply { get; set; }

    public bool Apply(ReadOnlySpan<byte> payload)
    {
        var text = Encoding.UTF8.GetString(payload);
        if (text == "nonsense")
            return false;
        OnApply?.Invoke(text);
        return _events.Writer.TryWrite(text);
    }

    public void OnGap() => _events.Writer.TryWrite("gap");

    public void Serve(long until) => Volatile.Write(ref _until, until);

    internal Task<string> NextAsync() => _events.Reader.ReadAsync(TestContext.Current.CancellationToken).InTime();

    internal bool HasMore => _events.Reader.TryPeek(out _);
}
