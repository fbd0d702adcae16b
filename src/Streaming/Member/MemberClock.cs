namespace McCache.Streaming;

/// <summary>Monotonic time since the clock was made.</summary>
internal sealed class MemberClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    internal TimeProvider Time => time;

    internal TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>A time of this clock in milliseconds of <see cref="Environment.TickCount64"/>, or of the test's clock; at least 1.</summary>
    internal long ToTicks(TimeSpan at)
    {
        var now = time == TimeProvider.System ? Environment.TickCount64 : (long)time.GetElapsedTime(0).TotalMilliseconds;
        return Math.Max(1, now + (long)Math.Max((at - Now).TotalMilliseconds, -now));
    }
}
