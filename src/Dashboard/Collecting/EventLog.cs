namespace McCache.Dashboard;

/// <summary>The newest events of all silos, a bounded number. What a silo notes again and again is one row, and so is a new membership that all silos note. Thread-safe.</summary>
internal sealed class EventLog
{
    private const int Capacity = 500;

    /// <summary>All silos go by a new membership within this time, or one of them has been cut off.</summary>
    private static readonly TimeSpan s_together = TimeSpan.FromMinutes(1);

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
            var news = reading.Silos.SelectMany(silo => silo.Value.Events.Where(one => one.Number > _last.GetValueOrDefault(silo.Key)).Select(one => (Silo: silo.Key, Event: one)));
            foreach (var (silo, one) in news.OrderBy(one => one.Event.Time))
            {
                _last[silo] = Math.Max(one.Number, _last.GetValueOrDefault(silo));
                Add(ClusterState.Id(silo), one);
                if (_events.Count > Capacity)
                    _events.RemoveAt(0);
            }
        }
    }

    /// <summary>A silo that never comes back: nothing more is asked of it.</summary>
    internal void Forget(SiloAddress silo)
    {
        lock (_gate)
            _last.Remove(silo);
    }

    /// <summary>A number of events, newest first.</summary>
    internal EventRow[] Read(int count)
    {
        lock (_gate)
            return [.. _events.OrderByDescending(one => one.Time).ThenByDescending(one => one.Number).Take(count)];
    }

    private void Add(string silo, CoherenceEvent one)
    {
        // A silo numbers each repetition, so one that counts as many more as it has numbers more goes on where the last one was.
        if (_events.FindLastIndex(row => row.Silo == silo) is >= 0 and var last && one.Number - _events[last].Number == one.Count - _events[last].Count)
        {
            _events[last] = _events[last] with { Number = one.Number, Time = one.Time, Count = one.Count };
        }
        else if (one.Kind == CoherenceEventKind.Membership
            && _events.FindLastIndex(row => row.Kind == one.Kind && row.Cause == one.Cause && (row.Time - one.Time).Duration() < s_together) is >= 0 and var noted)
        {
            _events[noted] = _events[noted] with { Silos = _events[noted].Silos + 1 };
        }
        else
        {
            _events.Add(new($"{silo}/{one.Number}", silo, one.Number, one.Time, one.Kind, one.Cause, one.Silo is null ? null : ClusterState.Id(one.Silo), one.Cache, one.Count));
        }
    }
}
