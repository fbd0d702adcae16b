namespace McCache.Dashboard;

/// <summary>The last five minutes of each chart: of every cache, and of all together under the empty name. Thread-safe.</summary>
internal sealed class History
{
    internal const string All = "";

    private static readonly TimeSpan s_length = TimeSpan.FromMinutes(5);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<Point>> _charts = new(StringComparer.Ordinal);

    internal void Add(ClusterState state)
    {
        lock (_gate)
        {
            Add(All, Rates.ToPoint(state.Time, state.All));
            foreach (var name in state.Names)
                Add(name, Rates.ToPoint(state.Time, state.Changeovers(name)));
            if (!state.IsComplete)
                return; // a cache that nobody has named may be that of a silo that has not answered
            foreach (var name in _charts.Keys.Where(name => name != All && !state.ByCache.ContainsKey(name)).ToArray())
                _charts.Remove(name);
        }
    }

    internal Point[] Read(string chart)
    {
        lock (_gate)
            return _charts.TryGetValue(chart, out var points) ? [.. points] : [];
    }

    private void Add(string chart, Point? point)
    {
        if (point is null)
            return;
        if (!_charts.TryGetValue(chart, out var points))
            _charts[chart] = points = new();
        while (points.TryPeek(out var first) && point.Time - first.Time > s_length.TotalMilliseconds)
            points.Dequeue();
        points.Enqueue(point);
    }
}
