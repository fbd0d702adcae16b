namespace McCache.Streaming;

/// <summary>
/// Tells when wall and monotonic clock have parted. A monotonic clock that stood still while the machine was suspended would make an old lease look young; the wall clock tells. Not thread-safe.
/// </summary>
/// <param name="clock">The member's clock.</param>
/// <param name="margin">By how much they may part between two looks.</param>
internal sealed class ClockWatch(MemberClock clock, TimeSpan margin)
{
    private (TimeSpan Monotonic, DateTimeOffset Wall)? _last;

    /// <summary>Whether they have parted since the last look; nothing that was counted on them before holds then.</summary>
    internal bool HaveParted(TimeSpan now)
    {
        var wall = clock.Time.GetUtcNow();
        if (clock.Now - now > margin / 4)
            return false; // this thread was held up between the two readings
        var haveParted = _last is { } last && (wall - last.Wall - (now - last.Monotonic)).Duration() > margin;
        _last = (now, wall);
        return haveParted;
    }
}
