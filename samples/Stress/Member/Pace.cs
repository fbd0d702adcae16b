using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>Keeps a worker to so many milliseconds an operation on average: timers are coarser than a millisecond, so what one of them is late is made up for.</summary>
internal sealed class Pace(double milliseconds)
{
    private static readonly long s_maxLag = MonotonicTime.After(0, TimeSpan.FromMilliseconds(100));

    private readonly long _step = MonotonicTime.After(0, TimeSpan.FromMilliseconds(milliseconds));
    private long _next = MonotonicTime.Now;

    internal async ValueTask WaitAsync()
    {
        if (_step == 0)
        {
            await Task.Yield(); // to the end of the pool's queue: as fast as it goes, but the silo's own work has its turn
            return;
        }

        var now = MonotonicTime.Now;
        _next = Math.Max(_next + _step, now - s_maxLag); // what was held up for long is not made up for in a burst
        if (_next > now)
            await Task.Delay(TimeSpan.FromSeconds(MonotonicTime.Seconds(_next - now)));
    }
}
