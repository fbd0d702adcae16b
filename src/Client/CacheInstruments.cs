using System.Diagnostics.Metrics;

namespace McCache.Client;

/// <summary>The cache's instruments on the meter "McCache": read from the caches' own counters when somebody collects, so a hit pays nothing for them.</summary>
internal sealed class CacheInstruments : IDisposable
{
    private readonly Meter _meter = new("McCache");

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


        void Counter(string name, string unit, string description, Func<CacheStatistics, long> read)
            => _meter.CreateObservableCounter(name, () => Measure(read), unit, description);

        IEnumerable<Measurement<long>> Measure(Func<CacheStatistics, long> read)
            => member.Caches.Select(cache => new Measurement<long>(read(cache.Statistics), new KeyValuePair<string, object?>("mccache.cache", cache.Name)));
    }

    public void Dispose() => _meter.Dispose();
}
