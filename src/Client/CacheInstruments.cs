using System.Diagnostics.Metrics;

namespace McCache.Client;

/// <summary>The cache's instruments on the meter "McCache": read from the caches' own counters when somebody collects, so a hit pays nothing for them.</summary>
internal sealed class CacheInstruments : IDisposable
{
    private readonly Meter _meter = new("McCache");
    private readonly Histogram<double> _verbs;

    internal CacheInstruments(CacheMember member)
    {
        Counter("mccache.hits", "{read}", "Reads that found a value.", s => s.Hits);
        Counter("mccache.misses", "{read}", "Reads that found none.", s => s.Misses);
        Counter("mccache.fills", "{fill}", "Factories that ran to their end.", s => s.Fills);
        Counter("mccache.flights.broken", "{fill}", "Fills not cached because their key changed while they ran.", s => s.BrokenFlights);
        Counter("mccache.evictions", "{entry}", "Entries dropped to stay within the limits.", s => s.Evictions);
        Counter("mccache.expirations", "{entry}", "Entries dropped because their time to live had ended.", s => s.Expirations);
        Counter("mccache.invalidations", "{entry}", "Entries dropped because of other members' writes.", s => s.Invalidations);
        _meter.CreateObservableUpDownCounter("mccache.entries", () => Measure(s => (long)s.Entries), "{entry}", "Entries held.");
        _meter.CreateObservableUpDownCounter("mccache.size", () => Measure(s => s.Bytes), "By", "Bytes held, by the cache's measure.");
        Counter("mccache.values.oversized", "{value}", "Values of others that are too large for this member.", s => s.OversizedValues);
        Counter("mccache.values.unreadable", "{value}", "Values of others that make no sense.", s => s.UnreadableValues);
        Counter("mccache.tombstones.forgotten", "{key}", "Keys that are not held and were forgotten before their time.", s => s.ForgottenTombstones);
        _meter.CreateObservableUpDownCounter("mccache.tombstones", () => Measure(s => (long)s.Tombstones), "{key}", "Keys that are remembered although they are not held.");
        Replica("mccache.replica.repeats", "{verb}", "Coherent verbs that were made again because something newer was met.", r => r.Repeats);
        Replica("mccache.replica.holes", "{hole}", "Losses that hid a cache until they were mended.", r => r.Holes);
        Replica("mccache.replica.clears", "{clear}", "Holes that nobody could fill: what may have been changed was dropped.", r => r.LostHoles);
        Replica("mccache.replica.reconciliations", "{reconciliation}", "States of other members that were merged.", r => r.Reconciliations);
        Replica("mccache.replica.pulls", "{value}", "Large values pulled.", r => r.Pulled);
        Replica("mccache.replica.refused", "{value}", "Large values that were not what was announced.", r => r.Refused);
        _meter.CreateObservableUpDownCounter("mccache.replica.bytes", () => MeasureReplicas(r => r.LargeBytes), "By", "Bytes of large values kept for others, or being pulled.");

        _verbs = _meter.CreateHistogram(
            "mccache.coherent.duration", "s", "How long coherent verbs took, until every member that may serve the cache had followed.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

        void Counter(string name, string unit, string description, Func<CacheStatistics, long> read)
            => _meter.CreateObservableCounter(name, () => Measure(read), unit, description);

        void Replica(string name, string unit, string description, Func<ReplicaCounts, long> read)
            => _meter.CreateObservableCounter(name, () => MeasureReplicas(read), unit, description);

        IEnumerable<Measurement<long>> MeasureReplicas(Func<ReplicaCounts, long> read)
            => member.Caches.Where(cache => cache.Replica is not null)
                .Select(cache => new Measurement<long>(read(cache.Replica!), new KeyValuePair<string, object?>("mccache.cache", cache.Name)));

        IEnumerable<Measurement<long>> Measure(Func<CacheStatistics, long> read)
            => member.Caches.Select(cache => new Measurement<long>(read(cache.Statistics), new KeyValuePair<string, object?>("mccache.cache", cache.Name)));
    }

    internal void RecordVerb(string cache, TimeSpan duration)
    {
        if (_verbs.Enabled)
            _verbs.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("mccache.cache", cache));
    }

    public void Dispose() => _meter.Dispose();
}
