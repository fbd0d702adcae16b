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

    public bool IsReplica => false;

    public FrameOutcome Apply(in ReceivedFrame frame)
    {
        var text = Encoding.UTF8.GetString(frame.Payload);
        if (text == "nonsense")
            return FrameOutcome.Refused;
        OnApply?.Invoke(text);
        _events.Writer.TryWrite(text);
        return FrameOutcome.Applied;
    }

    public ValueTask MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client) => throw new NotSupportedException("No client here.");

    public byte[] Again(ReadOnlySpan<byte> payload) => payload.ToArray();

    public void OnGap(SiloAddress publisher, long upTo) => _events.Writer.TryWrite("gap");

    public byte[] Answer(ReadOnlySpan<byte> request) => request.ToArray();

    public void Serve(long until) => Volatile.Write(ref _until, until);

    internal Task<string> NextAsync() => _events.Reader.ReadAsync(TestContext.Current.CancellationToken).InTime();

    internal bool HasMore => _events.Reader.TryPeek(out _);
}
