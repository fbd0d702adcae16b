using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Channels;
using McCache.Demo.Command;
using McCache.Demo.Shared;

namespace McCache.Demo.Member;

/// <summary>
/// A member's line to its parent: orders come on stdin, reports go to stdout. When stdin ends the parent is gone, however it died, and this process ends at once.
/// </summary>
internal sealed class ParentPipe : IDisposable
{
    /// <summary>How long a member that got a signal waits for its parent, which may have got it too, to stop it in order.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly TextReader _orders;
    private readonly TextWriter _reports = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
    private readonly TaskCompletionSource _replay = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _finish = new();
    private readonly Channel<bool> _comparisons = Channel.CreateUnbounded<bool>();
    private readonly List<PosixSignalRegistration> _signals = [];

    private ParentPipe(MemberSettings settings, TextReader orders)
    {
        (Settings, _orders) = (settings, orders);
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
            _signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
        new Thread(ReadOrders) { IsBackground = true, Name = "Parent" }.Start();
    }

    public MemberSettings Settings { get; }

    /// <summary>Completes when all members are ready.</summary>
    public Task Replay => _replay.Task;

    /// <summary>Cancelled when the replay has to end before its time.</summary>
    public CancellationToken Finish => _finish.Token;

    /// <summary>An item for each order to report what the cache holds: whether page by page. Ends when this member has to leave.</summary>
    public IAsyncEnumerable<bool> Comparisons => _comparisons.Reader.ReadAllAsync();

    /// <summary>Whether a signal was for this process alone, so that it leaves without having been told to by its parent.</summary>
    public bool IsLeftAlone { get; private set; }

    /// <summary>Reads the settings that the parent sends first. Null when a person has called the hidden command, and nobody sends any.</summary>
    public static ParentPipe? TryOpen()
    {
        if (!Console.IsInputRedirected)
            return null;
        var orders = new StreamReader(Console.OpenStandardInput());
        try
        {
            var settings = JsonSerializer.Deserialize(orders.ReadLine() ?? "", MessageContext.Default.MemberSettings);
            return settings is null ? null : new ParentPipe(settings, orders);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Report(MemberReport report)
    {
        try
        {
            lock (_reports)
                _reports.WriteLine(JsonSerializer.Serialize(report, MessageContext.Default.MemberReport));
        }
        catch (IOException)
        {
            // Nobody reads any more; the end of stdin says the rest.
        }
    }

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _finish.Dispose();
    }

    /// <summary>A thread of its own, for reading a pipe blocks.</summary>
    private void ReadOrders()
    {
        while (_orders.ReadLine() is { } order)
        {
            switch (order)
            {
                case Orders.Replay:
                    _replay.TrySetResult();
                    break;
                case Orders.Finish:
                    _finish.Cancel();
                    break;
                case Orders.Compare or Orders.ComparePages:
                    _comparisons.Writer.TryWrite(order == Orders.ComparePages);
                    break;
                case Orders.Stop:
                    TryStop();
                    break;
            }
        }

        if (_stop.Task.IsCompleted)
            return; // it is leaving already, and in order
        Settings.Workspace.Remove(); // nobody else is left to do it
        Environment.Exit(ExitCodes.Orphaned);
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_replay.Task.IsCompleted)
            Environment.Exit(ExitCodes.Interrupted); // there is nothing to leave in order yet
        _finish.Cancel();
        Task.Delay(s_patience).ContinueWith(_ => IsLeftAlone = TryStop(), TaskScheduler.Default);
    }

    private bool TryStop()
    {
        _comparisons.Writer.TryComplete();
        return _stop.TrySetResult();
    }
}
