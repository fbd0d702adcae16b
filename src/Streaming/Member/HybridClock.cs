namespace McCache.Streaming;

/// <summary>A hybrid logical clock: close to wall time, and larger than everything it has read or observed before.</summary>
/// <remarks>
/// Kulkarni et al., "Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases", 2014, packed as the paper proposes: Unix milliseconds
/// above 16 bits of counter. Adding one to the packed number is the paper's counter; when it overflows it carries into the milliseconds, and order is kept.
/// Thread-safe and lock-free.
/// </remarks>
internal sealed class HybridClock(TimeProvider time, TimeSpan maxSkew)
{
    private const int CounterBits = 16;
    private long _last, _refused;

    /// <summary>Timestamps that were too far ahead.</summary>
    internal long Refused => Volatile.Read(ref _refused);

    /// <summary>A timestamp larger than any that this clock has given or observed.</summary>
    internal long Next()
    {
        while (true)
        {
            long last = Volatile.Read(ref _last);
            long next = Math.Max(last + 1, WallTime << CounterBits);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next;
            }
        }
    }

    /// <summary>Takes note of a timestamp from elsewhere, so that the next own one is larger.</summary>
    /// <returns>False, noting nothing, when it is further ahead of this member's wall clock than the largest skew that the clock was made with.</returns>
    internal bool Observe(long timestamp)
    {
        if (timestamp <= Volatile.Read(ref _last))
        {
            return true;
        }

        if (timestamp >> CounterBits > WallTime + (long)maxSkew.TotalMilliseconds)
        {
            Interlocked.Increment(ref _refused);
            return false;
        }

        long last = Volatile.Read(ref _last);
        while (last < timestamp)
        {
            long seen = Interlocked.CompareExchange(ref _last, timestamp, last);
            if (seen == last)
            {
                break;
            }

            last = seen;
        }

        return true;
    }

    private long WallTime => time.GetUtcNow().ToUnixTimeMilliseconds();
}
