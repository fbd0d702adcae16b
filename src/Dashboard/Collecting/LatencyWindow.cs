namespace McCache.Dashboard;

/// <summary>How long the coherent verbs of the last minute took, silo by silo: one that comes or goes brings and takes nothing of another time. Not thread-safe.</summary>
/// <param name="pause">Between readings that are further apart nobody has watched, and the minute begins anew.</param>
internal sealed class LatencyWindow(TimeSpan pause)
{
    private static readonly TimeSpan s_length = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(5);
    private readonly Queue<(TimeSpan Begun, HistogramSum Verbs)> _steps = new();
    private (TimeSpan Begun, HistogramSum Verbs) _step;
    private Dictionary<SiloAddress, LatencyHistogram> _totals = [];
    private TimeSpan _at;

    /// <summary>What the last minute has counted; null if it has not been watched for so long.</summary>
    /// <param name="now">The moment, on a clock that only goes forward.</param>
    /// <param name="totals">What each silo that answers has counted since it started.</param>
    internal LatencyHistogram? Advance(TimeSpan now, Dictionary<SiloAddress, LatencyHistogram> totals)
    {
        if (totals.Count == 0)
            return null;
        if (_steps.Count > 0 && now - _at > pause)
        {
            _steps.Clear();
            _totals = [];
        }

        if (_steps.Count == 0 || now - _step.Begun >= s_step)
            _steps.Enqueue(_step = (_steps.Count == 0 ? now : _at, new()));
        foreach (var (silo, total) in totals)
        {
            if (_totals.TryGetValue(silo, out var earlier))
            {
                _step.Verbs.Add(total, 1);
                _step.Verbs.Add(earlier, -1);
            }
        }

        (_totals, _at) = (totals, now);
        while (_steps.Count > 1 && now - _steps.ElementAt(1).Begun >= s_length)
            _steps.Dequeue();
        if (now - _steps.Peek().Begun < s_length - s_step)
            return null;
        var sum = new HistogramSum();
        foreach (var step in _steps)
            sum.Add(step.Verbs.Read(), 1);
        return sum.Read();
    }
}
