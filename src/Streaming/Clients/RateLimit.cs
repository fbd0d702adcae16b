namespace McCache.Streaming;

/// <summary>A token bucket that holds a second's worth, and may be overdrawn: what is larger than the bucket passes too, and whatever comes next waits until the debt is paid. On average the rate holds. Not thread-safe.</summary>
/// <remarks>Unlike that of <c>System.Threading.RateLimiting</c> it lives by the member's clock, and refuses nothing for its size.</remarks>
internal sealed class RateLimit
{
    private readonly double _perSecond;
    private double _tokens;
    private TimeSpan _at;

    internal RateLimit(double perSecond) => _tokens = _perSecond = perSecond;

    /// <summary>Whether something may pass now.</summary>
    internal bool HasRoom(TimeSpan now)
    {
        _tokens = Math.Min(_perSecond, _tokens + ((now - _at).TotalSeconds * _perSecond));
        _at = now;
        return _tokens > 0;
    }

    /// <summary>It has passed.</summary>
    internal void Take(double tokens) => _tokens -= tokens;
}
