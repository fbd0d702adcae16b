namespace McCache.Stress.Run;

/// <summary>The resident memory of one place in the cluster, sampled once a second or so. Bounded: an hour.</summary>
internal sealed class MemoryHistory
{
    private const int MaxSamples = 3_600;
    private const long Slack = 64L * 1024 * 1024;
    private const double Growth = 1.25;

    private readonly Lock _gate = new();
    private readonly Queue<(int Process, long At, long Bytes)> _samples = [];

    internal long Latest { get; private set; }

    internal long Max { get; private set; }

    internal void Add(int process, long at, long bytes)
    {
        lock (_gate)
        {
            if (_samples.Count == MaxSamples)
                _samples.Dequeue();
            _samples.Enqueue((process, at, bytes));
            (Latest, Max) = (bytes, Math.Max(Max, bytes));
        }
    }

    /// <summary>The largest sample between two shares of a span of time.</summary>
    internal long MaxBetween(long from, long to, double begin, double end)
    {
        var (first, last) = (from + (long)((to - from) * begin), from + (long)((to - from) * end));
        lock (_gate)
            return _samples.Where(sample => sample.At >= first && sample.At <= last).Select(sample => sample.Bytes).DefaultIfEmpty().Max();
    }

    /// <summary>Memory that levels off is, in the last fifth of the time, about what it was at half time.</summary>
    internal bool IsBounded(long from, long to)
    {
        var middle = MaxBetween(from, to, 0.4, 0.6);
        return middle == 0 || MaxBetween(from, to, 0.8, 1) <= (middle * Growth) + Slack;
    }
}
