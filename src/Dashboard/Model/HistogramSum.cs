namespace McCache.Dashboard;

/// <summary>Adds histograms up in place: a hundred silos with fifty caches have five thousand of them, every second. Not thread-safe.</summary>
internal sealed class HistogramSum
{
    private readonly long[] _counts = new long[LatencyHistogram.BucketCount];
    private TimeSpan _sum;

    internal static LatencyHistogram Of(IEnumerable<LatencyHistogram> histograms)
    {
        var sum = new HistogramSum();
        foreach (var histogram in histograms)
            sum.Add(histogram, 1);
        return sum.Read();
    }

    /// <param name="histogram">What is added.</param>
    /// <param name="times">1, or -1 to take away what was added earlier.</param>
    internal void Add(LatencyHistogram histogram, int times)
    {
        var counts = histogram.Counts;
        for (var i = 0; i < counts.Count && i < _counts.Length; i++)
            _counts[i] += times * counts[i];
        _sum += times * histogram.Sum;
    }

    internal LatencyHistogram Read()
    {
        var length = _counts.Length;
        while (length > 0 && _counts[length - 1] == 0)
            length--;
        return new(_counts[..length], _sum);
    }
}
