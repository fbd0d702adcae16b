using System.Numerics;

namespace McCache;

/// <summary>How often something took how long: counts in fixed buckets of time, four to each doubling, so that a percentile is right to a fifth of its value.</summary>
/// <param name="Counts">How many fell into each bucket; trailing zeros are left out. <see cref="BucketStart"/> says where a bucket begins.</param>
/// <param name="Sum">All of them together.</param>
[GenerateSerializer, Immutable, Alias("McCache.LatencyHistogram")]
public sealed record LatencyHistogram([property: Id(0)] IReadOnlyList<long> Counts, [property: Id(1)] TimeSpan Sum)
{
    /// <summary>The number of buckets. The last one has no end: it begins at 117 s.</summary>
    public const int BucketCount = 104;

    /// <summary>One that has counted nothing.</summary>
    public static LatencyHistogram Empty { get; } = new([], TimeSpan.Zero);

    /// <summary>How many were counted.</summary>
    public long Count => Counts.Sum();

    /// <summary>Where a bucket begins; the one before ends there.</summary>
    /// <param name="bucket">From 0 to <see cref="BucketCount"/>.</param>
    public static TimeSpan BucketStart(int bucket)
        => TimeSpan.FromMicroseconds(bucket < 4 ? bucket : (4L + (bucket % 4)) << ((bucket / 4) - 1));

    /// <summary>The bucket that a time falls into.</summary>
    /// <param name="time">A time; one below zero counts as zero.</param>
    public static int BucketOf(TimeSpan time)
    {
        var microseconds = (ulong)Math.Max(0, (long)time.TotalMicroseconds);
        if (microseconds < 4)
            return (int)microseconds;
        var exponent = BitOperations.Log2(microseconds);
        return Math.Min(((exponent - 1) * 4) + (int)((microseconds >> (exponent - 2)) & 3), BucketCount - 1);
    }

    /// <summary>The time that a share of the counted were not longer than, within its bucket by proportion; null when nothing was counted.</summary>
    /// <param name="share">From 0 to 1: 0.99 for the 99th percentile.</param>
    public TimeSpan? Percentile(double share)
    {
        var rank = share * Count;
        for (var bucket = 0; bucket < Counts.Count; bucket++)
        {
            if (Counts[bucket] > 0 && rank <= Counts[bucket])
            {
                var (start, end) = (BucketStart(bucket), BucketStart(bucket + 1));
                return start + ((end - start) * (rank / Counts[bucket]));
            }

            rank -= Counts[bucket];
        }

        return null;
    }

    /// <summary>What both have counted.</summary>
    /// <param name="other">The other one.</param>
    public LatencyHistogram Plus(LatencyHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(Combine(other, (mine, theirs) => mine + theirs), Sum + other.Sum);
    }

    /// <summary>What this one has counted since it was <paramref name="earlier"/>. Never negative: of one that has begun anew it is what that has counted.</summary>
    /// <param name="earlier">The same, some time ago.</param>
    public LatencyHistogram Since(LatencyHistogram earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        return earlier.Count > Count ? this : new(Combine(earlier, (now, then) => Math.Max(0, now - then)), Sum > earlier.Sum ? Sum - earlier.Sum : TimeSpan.Zero);
    }

    private long[] Combine(LatencyHistogram other, Func<long, long, long> combine)
        => [.. Enumerable.Range(0, Math.Max(Counts.Count, other.Counts.Count)).Select(bucket => combine(Counts.ElementAtOrDefault(bucket), other.Counts.ElementAtOrDefault(bucket)))];
}
