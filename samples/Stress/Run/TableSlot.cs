namespace McCache.Stress.Run;

/// <summary>The membership store's process. It can be paused, and killed and started again upon its append-only file.</summary>
internal sealed class TableSlot(Func<ChildProcess> start)
{
    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(30);
    private ChildProcess? _child;

    internal string State { get; private set; } = "down";

    internal async Task StartAsync()
    {
        State = "starting";
        _child = start();
        try
        {
            await _child.Ready.WaitAsync(s_startTime);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            throw new InvalidOperationException("The membership table did not start.", exception);
        }

        State = "up";
    }

    internal async Task KillAsync()
    {
        State = "killed";
        await _child!.KillAsync();
        _child.Dispose();
    }

    internal void Pause()
    {
        State = "paused";
        Signals.Pause(_child!.Id);
    }

    internal void Continue()
    {
        Signals.Continue(_child!.Id);
        State = "up";
    }

    internal void Close() => _child?.Dispose();
}
