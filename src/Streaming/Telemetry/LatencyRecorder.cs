namespace McCache.Streaming;

/// <summary>Counts how long things took, in the buckets of a <see cref="LatencyHistogram"/>: two readings of the clock and two additions each. Thread-safe.</summary>
internal sealed class LatencyRecorder(TimeProvider time)
{
    private readonly long[] _counts = new long[LatencyHistogram.BucketCount];
    private long _ticks;

    /// <summary>The beginning of something, for <see cref="Record"/>.</summary>
    internal long Start() => time.GetTimestamp();

    /// <summary>It has ended.</summary>
    internal TimeSpan Record(long start)
    {
        var elapsed = time.GetElapsedTime(start);
        Interlocked.Increment(ref _counts[LatencyHistogram.BucketOf(elapsed)]);
        Interlocked.Add(ref _ticks, elapsed.Ticks);
        return elapsed;
    }

    internal LatencyHistogram Read()
    {
        var length = _counts.Length;
        while (length > 0 && Volatile.Read(ref _counts[length - 1]) == 0)
            length--;
        var counts = new long[length];
        for (var i = 0; i < length; i++)
            counts[i] = Volatile.Read(ref _counts[i]);
        return new(counts, TimeSpan.FromTicks(Volatile.Read(ref _ticks)));
    }
}
