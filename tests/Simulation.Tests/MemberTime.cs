namespace McCache.Simulation.Tests;

/// <summary>A member's clocks: the monotonic one has a rate and an origin of its own, the wall clock an offset that may be changed. Its timers go off on the member's own queue.</summary>
internal sealed class MemberTime(EventQueue queue, double rate, TimeSpan origin, TimeSpan skew, Action<Action> run) : TimeProvider
{
    internal TimeSpan Skew { get; set; } = skew;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (origin + (queue.Now * rate)).Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56) + queue.Now + Skew;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new MemberTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void After(TimeSpan delay, Action action) => queue.After(delay / rate, () => run(action));

    private sealed class MemberTimer(MemberTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _change;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var change = ++_change;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time.After(dueTime, GoOff);
            return true;

            void GoOff()
            {
                if (change != _change)
                    return;
                callback(state);
                if (period > TimeSpan.Zero && change == _change)
                    time.After(period, GoOff);
            }
        }

        public void Dispose() => _change++;

        public ValueTask DisposeAsync()
        {
            _change++;
            return default;
        }
    }
}
