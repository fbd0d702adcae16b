namespace McCache.Core.Tests;

/// <summary>Buckets, percentiles, sums and differences of what was timed.</summary>
public class LatencyHistogramTests
{
    [Fact]
    public void Every_time_falls_into_the_bucket_that_holds_it_and_buckets_have_no_gaps()
    {
        for (var bucket = 0; bucket < LatencyHistogram.BucketCount - 1; bucket++)
        {
            var (start, end) = (LatencyHistogram.BucketStart(bucket), LatencyHistogram.BucketStart(bucket + 1));
            Assert.True(start < end);
            Assert.True(end - start <= TimeSpan.FromMicroseconds(1) || (end - start) / start <= 0.25);
            Assert.Equal(bucket, LatencyHistogram.BucketOf(start));
            Assert.Equal(bucket, LatencyHistogram.BucketOf(end - TimeSpan.FromTicks(1)));
        }

        Assert.Equal(0, LatencyHistogram.BucketOf(TimeSpan.FromSeconds(-1)));
        Assert.Equal(LatencyHistogram.BucketCount - 1, LatencyHistogram.BucketOf(TimeSpan.MaxValue));
    }

    [Fact]
    public void Percentiles_are_right_to_the_width_of_a_bucket()
    {
        var counts = new long[LatencyHistogram.BucketCount];
        for (var i = 1; i <= 10_000; i++)
            counts[LatencyHistogram.BucketOf(TimeSpan.FromMicroseconds(i))]++;
        var histogram = new LatencyHistogram(counts, TimeSpan.Zero);
        foreach (var share in new[] { 0.1, 0.5, 0.9, 0.99 })
            Assert.InRange(histogram.Percentile(share)!.Value.TotalMicroseconds, share * 10_000 * 0.95, share * 10_000 * 1.05);
        Assert.Null(LatencyHistogram.Empty.Percentile(0.5));
    }

    [Fact]
    public void Sums_and_differences_are_by_bucket()
    {
        var (early, late) = (new LatencyHistogram([1, 2], TimeSpan.FromSeconds(1)), new LatencyHistogram([1, 5, 3], TimeSpan.FromSeconds(4)));
        Assert.Equal([2L, 7, 3], early.Plus(late).Counts);
        Assert.Equal(12, early.Plus(late).Count);
        Assert.Equal([0L, 3, 3], late.Since(early).Counts);
        Assert.Equal(TimeSpan.FromSeconds(3), late.Since(early).Sum);
        Assert.Same(early, early.Since(late)); // it has begun anew
    }
}
