namespace McCache.Streaming;

/// <summary>Monotonic time since the member was made.</summary>
internal sealed class MemberClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    internal TimeProvider Time => time;

    internal TimeSpan Now => time.GetElapsedTime(_start);
}
