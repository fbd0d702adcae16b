using System.Text.Json;

namespace McCache.Dashboard;

/// <summary>Rows that one page has been sent, so that only those that have changed are sent again.</summary>
internal sealed class SentRows<T>
    where T : class, IRow
{
    private Dictionary<string, T> _sent = new(StringComparer.Ordinal);

    internal Changes<T>? Next(IReadOnlyList<T> rows)
    {
        T[] changed = [.. rows.Where(row => !_sent.TryGetValue(row.Id, out var sent) || !sent.Equals(row))];
        var now = rows.ToDictionary(row => row.Id, StringComparer.Ordinal);
        string[] removed = [.. _sent.Keys.Where(id => !now.ContainsKey(id))];
        _sent = now;
        return changed.Length + removed.Length == 0 ? null : new(changed, removed);
    }
}

/// <summary>What has changed in a list.</summary>
/// <param name="Changed">Rows that are new, or differ.</param>
/// <param name="Removed">The names of those that are no more.</param>
internal sealed record Changes<T>(IReadOnlyList<T> Changed, IReadOnlyList<string> Removed);

/// <summary>What one page is sent, state after state: lists as changes, charts as their newest moment. What has not changed is left out; a cache or silo that is not found is null.</summary>
internal sealed class Frames(Collector collector, string? cache, SiloAddress? silo)
{
    private readonly SentRows<SiloRow> _silos = new();
    private readonly SentRows<CacheRow> _caches = new();
    private readonly SentRows<PromiseRow> _promises = new();
    private readonly SentRows<EventRow> _events = new();
    private readonly SentRows<LaneRow> _lanes = new();
    private readonly SentRows<HeldRow> _held = new();
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private bool _isBegun;
    private long _newest;

    internal string Next(ClusterState state)
    {
        var frame = new Dictionary<string, object?> { ["version"] = state.Version, ["time"] = state.Time, ["error"] = state.Error, ["complete"] = state.IsComplete };
        AddValue(frame, "membershipChanged", state.MembershipChanged);
        if (cache is not null)
            AddCache(frame, state, cache);
        else if (silo is not null)
            AddSilo(frame, state, silo);
        else
            AddOverview(frame, state);
        AddChart(frame, cache ?? History.All);
        Add(frame, "events", _events.Next(collector.Events.Read(int.MaxValue)));
        _isBegun = true;
        return JsonSerializer.Serialize(frame, Json.Options);
    }

    private void AddOverview(Dictionary<string, object?> frame, ClusterState state)
    {
        AddValue(frame, "totals", OverviewView.Together(state));
        Add(frame, "silos", _silos.Next(state.Silos));
        Add(frame, "caches", _caches.Next(state.Caches));
        AddValue(frame, "promiseOrder", state.LiveIds);
        Add(frame, "promises", _promises.Next(state.Promises));
        AddValue(frame, "latencies", Bar.Of(state.AllVerbs));
    }

    private void AddCache(Dictionary<string, object?> frame, ClusterState state, string name)
    {
        var view = CacheView.Of(state, name);
        AddValue(frame, "cache", view?.Cache);
        AddValue(frame, "agree", view?.Agree);
        AddValue(frame, "hasKeyText", view?.HasKeyText);
        AddValue(frame, "topKeys", view?.TopKeys);
        AddValue(frame, "areKeysRefused", view?.AreKeysRefused);
        AddValue(frame, "latencies", view?.Latencies);
        Add(frame, "caches", _caches.Next(view?.Silos ?? []));
    }

    private void AddSilo(Dictionary<string, object?> frame, ClusterState state, SiloAddress address)
    {
        var view = SiloView.Of(state, address);
        AddValue(frame, "silo", view?.Silo);
        AddValue(frame, "leaseSeconds", view?.LeaseSeconds);
        AddValue(frame, "latencies", view?.RoundTrips);
        Add(frame, "caches", _caches.Next(view?.Caches ?? []));
        Add(frame, "lanes", _lanes.Next(view?.Lanes ?? []));
        Add(frame, "held", _held.Next(view?.Promises ?? []));
    }

    private void AddChart(Dictionary<string, object?> frame, string chart)
    {
        var points = collector.History.Read(chart);
        if (!_isBegun)
            frame["series"] = points;
        else if (points is [.., var last] && last.Time > _newest)
            frame["point"] = last;
        if (points is [.., var newest])
            _newest = newest.Time;
    }

    private void AddValue(Dictionary<string, object?> frame, string name, object? value)
    {
        var now = JsonSerializer.SerializeToElement(value, Json.Options);
        if (_values.TryGetValue(name, out var sent) && JsonElement.DeepEquals(sent, now))
            return;
        _values[name] = now;
        frame[name] = now;
    }

    private static void Add<T>(Dictionary<string, object?> frame, string name, Changes<T>? changes)
    {
        if (changes is not null)
            frame[name] = changes;
    }
}
