using HdrHistogram;

namespace McCache.Demo.Shared;

/// <summary>A histogram of times in microseconds, exact to one percent, up to a minute. Safe to use from several threads.</summary>
internal sealed class Latencies
{
    private const long MaxMicroseconds = 60_000_000;

    private readonly LongHistogram _histogram = new(1, MaxMicroseconds, 2);

    public void Record(TimeSpan time)
    {
        lock (_histogram)
            _histogram.RecordValue(Math.Clamp((long)time.TotalMicroseconds, 1, MaxMicroseconds));
    }

    /// <summary>The time in microseconds that a percentage of the recorded ones does not exceed; 0 when there are none.</summary>
    public long Percentile(double percentage)
    {
        lock (_histogram)
            return _histogram.TotalCount == 0 ? 0 : _histogram.GetValueAtPercentile(percentage);
    }

    /// <summary>What has been recorded: times and how often they occurred, in turn.</summary>
    public long[] ToArray()
    {
        lock (_histogram)
            return [.. _histogram.RecordedValues().SelectMany(value => new[] { value.ValueIteratedTo, value.CountAtValueIteratedTo })];
    }

    /// <summary>All times of several histograms.</summary>
    public static Latencies Merge(IEnumerable<long[]> histograms)
    {
        var merged = new Latencies();
        foreach (var times in histograms)
        {
            for (var index = 0; index < times.Length; index += 2)
                merged._histogram.RecordValueWithCount(Math.Min(times[index], MaxMicroseconds), times[index + 1]);
        }

        return merged;
    }
}
