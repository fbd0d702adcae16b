namespace McCache.Streaming;

/// <summary>Monotonic time since the clock was made.</summary>
internal sealed class MemberClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    internal TimeProvider Time => time;

    internal TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>A time of this clock in the milliseconds that a cache counts in; at least 1.</summary>
    internal long ToTicks(TimeSpan at)
    {
        var now = time == TimeProvider.System ? Environment.TickCount64 : time.GetTimestamp() / (time.TimestampFrequency / 1000);
        var left = Math.Clamp(at.TotalMilliseconds - Now.TotalMilliseconds, -now, int.MaxValue); // "never" and "for ever" are the least and the largest time: no subtraction of those
        return Math.Max(1, now + (long)left);
    }
}
