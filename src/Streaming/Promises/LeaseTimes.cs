namespace McCache.Streaming;

/// <summary>The times of the promise protocol.</summary>
/// <param name="Duration">D: how long a promise, or an own look at the membership table, entitles to serve.</param>
/// <param name="Renewal">How often promises are asked for.</param>
internal sealed record LeaseTimes(TimeSpan Duration, TimeSpan Renewal)
{
    /// <summary>Below that the drift margin would be of the order of the clock's own grain.</summary>
    internal static readonly TimeSpan MinDuration = TimeSpan.FromMilliseconds(500);

    internal static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(10);

    /// <summary>W: after this, whatever rested on something older has run out on every member, clocks that differ by a few per cent included.</summary>
    internal TimeSpan Wait { get; } = Duration * 1.1;

    /// <summary>The drift that <see cref="Wait"/> allows for; wall and monotonic clock that part by more are not to be trusted.</summary>
    internal TimeSpan Margin => Wait - Duration;

    /// <summary>How often the table is read while a promise is missing.</summary>
    internal TimeSpan TablePeriod => Duration / 2;
}
