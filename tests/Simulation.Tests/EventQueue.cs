namespace McCache.Simulation.Tests;

/// <summary>Virtual time, and what happens in it, on one thread. As its synchronization context it runs the continuations of awaits, too.</summary>
internal sealed class EventQueue : SynchronizationContext
{
    private readonly PriorityQueue<Action, (TimeSpan Due, long Order)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile string? _foreign;
    private long _order;

    internal TimeSpan Now { get; private set; }

    internal long Count => _order;

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
                Now = due.Due;
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

/// <summary>A silo's clocks: the monotonic one has a rate and an origin of its own, the wall clock an offset.</summary>
internal sealed class SiloTime(EventQueue queue, double rate, TimeSpan origin, TimeSpan skew, Action<Action> run) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (origin + (queue.Now * rate)).Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56) + queue.Now + skew;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SiloTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SiloTimer(SiloTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _change;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var change = ++_change;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time.After(dueTime, () =>
                {
                    if (change == _change)
                        callback(state);
                });
            return true;
        }

        public void Dispose() => _change++;

        public ValueTask DisposeAsync()
        {
            _change++;
            return default;
        }
    }

    private void After(TimeSpan delay, Action action) => queue.After(delay / rate, () => run(action));
}
