namespace McCache.Simulation.Tests;

/// <summary>Virtual time, and what happens in it, on one thread. As its synchronization context it runs the continuations of awaits, too.</summary>
internal sealed class EventQueue : SynchronizationContext
{
    private readonly PriorityQueue<Action, (TimeSpan Due, long Order)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile string? _foreign;
    private const int MaxAtOnce = 1_000_000;
    private long _order;
    private int _atOnce;

    internal TimeSpan Now { get; private set; }

    /// <summary>Everything that happened, and when, folded into one number: two runs of a plan have the same, in whatever process.</summary>
    internal ulong Trace { get; private set; } = 14695981039346656037;

    internal void Fold(long what) => Trace = (Trace ^ (ulong)what) * 1099511628211;

    internal void After(TimeSpan delay, Action action) => _events.Enqueue(action, (Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero), _order++));

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId == _thread)
            After(TimeSpan.Zero, () => d(state));
        else
            _foreign = Environment.StackTrace; // something has left the one thread: the run would not replay
    }

    internal void RunUntil(TimeSpan end)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            while (_events.TryPeek(out var action, out var due) && due.Due <= end)
            {
                _events.Dequeue();
                (_atOnce, Now) = (due.Due == Now ? _atOnce + 1 : 0, due.Due);
                if (_atOnce > MaxAtOnce)
                    throw new InvalidOperationException($"Time stands still at {Now}: {action.Method} of {action.Target}");
                Fold(Now.Ticks);
                action();
                if (_foreign is { } foreign)
                    throw new InvalidOperationException($"Another thread took part: {foreign}");
            }
        }
        finally
        {
            SetSynchronizationContext(before);
        }

        Now = end;
    }
}
