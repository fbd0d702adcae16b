namespace McCache.Dashboard;

/// <summary>The newest events of all silos, a bounded number. Thread-safe.</summary>
internal sealed class EventLog
{
    private const int Capacity = 500;
    private readonly Lock _gate = new();
    private readonly Dictionary<SiloAddress, long> _last = [];
    private readonly List<EventRow> _events = [];

    /// <summary>The number of the last event that is known of each silo.</summary>
    internal IReadOnlyDictionary<SiloAddress, long> Last
    {
        get
        {
            lock (_gate)
                return new Dictionary<SiloAddress, long>(_last);
        }
    }

    internal void Add(Reading reading)
    {
        lock (_gate)
        {
            foreach (var (silo, snapshot) in reading.Silos)
            {
                foreach (var one in snapshot.Events.Where(one => one.Number > _last.GetValueOrDefault(silo)))
                {
                    _last[silo] = one.Number;
                    var id = ClusterState.Id(silo);
                    _events.Add(new($"{id}/{one.Number}", id, one.Number, one.Time, one.Kind, one.Cause, one.Silo is null ? null : ClusterState.Id(one.Silo), one.Cache, one.Count));
                }
            }

            if (_events.Count > Capacity)
                _events.RemoveRange(0, _events.Count - Capacity);
        }
    }

    /// <summary>A number of events, newest first.</summary>
    internal EventRow[] Read(int count)
    {
        lock (_gate)
            return [.. _events.OrderByDescending(one => one.Time).ThenByDescending(one => one.Number).Take(count)];
    }
}
