using System.Diagnostics;
using HdrHistogram;

namespace McCache.Bench.Wire;

/// <summary>Of a few numbers.</summary>
internal static class Medians
{
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Histograms of nanoseconds.</summary>
internal static class Times
{
    private const long Max = 60_000_000_000;

    public static LongHistogram Make() => new(1, Max, 3);

    public static void Record(this LongHistogram times, long start, long end) => times.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(start, end).TotalNanoseconds, 1, Max));

    /// <summary>For the way between processes: times and how often they occurred, in turn.</summary>
    public static long[] ToPairs(this LongHistogram times) => [.. times.RecordedValues().SelectMany(value => new[] { value.ValueIteratedTo, value.CountAtValueIteratedTo })];

    public static void Add(this LongHistogram times, long[] pairs)
    {
        for (var i = 0; i < pairs.Length; i += 2)
            times.RecordValueWithCount(Math.Min(pairs[i], Max), pairs[i + 1]);
    }

    public static double Microseconds(this LongHistogram times, double percentile) => times.GetValueAtPercentile(percentile) / 1_000.0;
}
