namespace McCache.Streaming;

/// <summary>Lets one pass in ten seconds: what anybody can send in any number is counted each time, but logged no oftener.</summary>
internal sealed class Throttle
{
    private static readonly long s_period = TimeSpan.FromSeconds(10).Ticks;
    private long _next;

    internal bool TryPass(TimeSpan now)
    {
        var next = Volatile.Read(ref _next);
        return now.Ticks >= next && Interlocked.CompareExchange(ref _next, now.Ticks + s_period, next) == next;
    }
}
