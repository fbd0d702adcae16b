namespace McCache.Dashboard;

/// <summary>Adds up one cache over silos.</summary>
internal static class Rates
{
    /// <param name="id">The row's.</param>
    /// <param name="silos">What is added up.</param>
    /// <param name="verbs">How long the coherent verbs took since the silos started.</param>
    /// <param name="lately">How long those of the last minute took; null if that is not known.</param>
    /// <param name="digest">The digest, of one silo.</param>
    internal static CacheRow Sum(string id, IReadOnlyCollection<CacheChangeover> silos, LatencyHistogram verbs, LatencyHistogram? lately, string? digest = null)
    {
        var timed = lately ?? verbs;
        var (hits, misses) = (Total(silos, s => s.Hits), Total(silos, s => s.Misses));
        var (hitsNow, missesNow) = (Rate(silos, c => c.Statistics.Hits), Rate(silos, c => c.Statistics.Misses));
        var first = silos.First().Now;
        return new(
            id,
            first.Coherence,
            silos.Count,
            Total(silos, s => s.Entries),
            Total(silos, s => s.Bytes),
            silos.Max(silo => (long)silo.Now.MaxEntries),
            first.MaxBytes,
            hits,
            misses,
            Ratio(hits, misses),
            Ratio(hitsNow ?? 0, missesNow ?? 0),
            Total(silos, s => s.Fills),
            Total(silos, s => s.Evictions),
            Total(silos, s => s.Expirations),
            Total(silos, s => s.Invalidations),
            verbs.Count,
            hitsNow + missesNow,
            Rate(silos, c => c.Statistics.Fills),
            Rate(silos, c => c.Statistics.Evictions),
            Rate(silos, c => c.CoherentVerbs.Count),
            timed.Percentile(0.5)?.TotalSeconds,
            timed.Percentile(0.99)?.TotalSeconds,
            lately is not null,
            silos.Count(silo => !silo.Now.IsWhole),
            Total(silos, s => s.Tombstones),
            digest);
    }

    /// <summary>What has happened since the reading before, as a moment of a chart; null when there is none.</summary>
    internal static Point? ToPoint(DateTimeOffset time, IReadOnlyCollection<CacheChangeover> silos)
    {
        if (!silos.Any(silo => silo.Before is not null))
            return null;
        var sum = new HistogramSum();
        foreach (var silo in silos.Where(silo => silo.Before is not null))
        {
            sum.Add(silo.Now.CoherentVerbs, 1);
            sum.Add(silo.Before!.CoherentVerbs, -1);
        }

        var verbs = sum.Read();
        var (hits, misses) = (Rate(silos, c => c.Statistics.Hits) ?? 0, Rate(silos, c => c.Statistics.Misses) ?? 0);
        return new(
            time.ToUnixTimeMilliseconds(),
            hits + misses,
            Ratio(hits, misses),
            Rate(silos, c => c.CoherentVerbs.Count) ?? 0,
            Rate(silos, c => c.Statistics.Fills) ?? 0,
            Rate(silos, c => c.Statistics.Evictions) ?? 0,
            Total(silos, s => s.Entries),
            verbs.Percentile(0.5)?.TotalSeconds,
            verbs.Percentile(0.99)?.TotalSeconds);
    }

    internal static double? Ratio(double hits, double misses) => hits + misses == 0 ? null : hits / (hits + misses);

    internal static double? Rate(IEnumerable<CacheChangeover> silos, Func<CacheSnapshot, long> count)
    {
        double? sum = null;
        foreach (var silo in silos)
        {
            if (silo.Rate(count) is { } rate)
                sum = (sum ?? 0) + rate;
        }

        return sum;
    }

    private static long Total(IEnumerable<CacheChangeover> silos, Func<CacheStatistics, long> count) => silos.Sum(silo => count(silo.Now.Statistics));
}
