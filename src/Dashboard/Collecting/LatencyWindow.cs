namespace McCache.Dashboard;

/// <summary>What a histogram that only grows has counted in the last minute. Not thread-safe.</summary>
internal sealed class LatencyWindow
{
    private static readonly TimeSpan s_length = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(5);
    private readonly Queue<(DateTimeOffset Time, LatencyHistogram Total)> _steps = new();
    private DateTimeOffset _last;

    internal LatencyHistogram Advance(DateTimeOffset now, LatencyHistogram total)
    {
        while (_steps.Count > 1 && now - _steps.Peek().Time > s_length)
            _steps.Dequeue();
        var isWatched = _steps.TryPeek(out var first) && now - first.Time >= s_length - s_step;
        if (_steps.Count == 0 || now - _last >= s_step)
        {
            _steps.Enqueue((now, total));
            _last = now;
        }

        return isWatched ? total.Since(first.Total) : total;
    }
}
