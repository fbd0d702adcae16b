using System.Globalization;

namespace McCache.Dashboard;

/// <summary>The cluster as of one reading, with what has changed since the one before. Immutable; everybody who looks shares it.</summary>
internal sealed class ClusterState
{
    private readonly Reading _now;
    private readonly Reading _before;
    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> _digests;
    private readonly Dictionary<string, LatencyHistogram> _verbs;

    /// <param name="version">Grows with each state.</param>
    /// <param name="now">The newest reading.</param>
    /// <param name="before">One before.</param>
    /// <param name="lost">Silos that have been there and are no more, and when they were last heard.</param>
    /// <param name="lately">How long the coherent verbs of the last minute took, by cache; null if it has not been watched for so long.</param>
    /// <param name="digests">The newest digests of caches that somebody looks at: by cache, then by silo.</param>
    internal ClusterState(
        long version,
        Reading now,
        Reading before,
        IReadOnlyDictionary<SiloAddress, (SiloSnapshot Snapshot, DateTimeOffset Heard)> lost,
        Func<string, Dictionary<SiloAddress, LatencyHistogram>, LatencyHistogram?> lately,
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> digests)
    {
        (Version, _now, _before, _digests) = (version, now, before, digests);
        Names = [.. now.Silos.Values.SelectMany(silo => silo.Caches).Select(cache => cache.Statistics.Name).Distinct().Order(StringComparer.Ordinal)];
        ByCache = now.Silos.SelectMany(silo => silo.Value.Caches.Select(cache => (silo.Key, Changeover: CacheChangeover.Of(cache, silo.Value, before.Silos.GetValueOrDefault(silo.Key)))))
            .GroupBy(one => one.Changeover.Now.Statistics.Name).ToDictionary(group => group.Key, group => group.ToArray());
        _verbs = ByCache.ToDictionary(cache => cache.Key, cache => HistogramSum.Of(cache.Value.Select(one => one.Changeover.Now.CoherentVerbs)));
        AllVerbs = HistogramSum.Of(_verbs.Values);
        Caches = [.. Names.Select(name => Rates.Sum(name, Changeovers(name), Verbs(name), lately(name, ByCache[name].ToDictionary(one => one.Silo, one => one.Changeover.Now.CoherentVerbs))))];
        AllLately = lately(History.All, now.Silos.ToDictionary(silo => silo.Key, silo => HistogramSum.Of(silo.Value.Caches.Select(cache => cache.CoherentVerbs))));
        Silos = [.. now.Silos.Keys.Concat(now.Errors.Keys).Concat(lost.Keys).Distinct().Order().Select(silo => ToRow(silo, lost.TryGetValue(silo, out var known) ? known : null))];
        SiloAddress[] live = [.. now.Silos.Keys.Concat(now.Errors.Keys).Order()];
        LiveIds = [.. live.Select(Id)];
        Promises = [.. live.Select(silo => new PromiseRow(Id(silo), new string([.. live.Select(other => Cell(silo, other))])))];
    }

    internal long Version { get; }

    internal DateTimeOffset Time => _now.Time;

    /// <summary>Why the cluster could not be asked, if it could not; the rest is then as it was before.</summary>
    internal string? Error { get; init; }

    /// <summary>The caches whose keys the silos have refused to show.</summary>
    internal IReadOnlyCollection<string> KeysRefused { get; init; } = [];

    /// <summary>Whether every silo of the cluster has answered. While one has not, what it has is not known.</summary>
    internal bool IsComplete => Error is null && _now.Errors.Count == 0 && _now.Silos.Count > 0;

    internal IReadOnlyList<string> Names { get; }

    internal IReadOnlyList<SiloRow> Silos { get; }

    internal IReadOnlyList<CacheRow> Caches { get; }

    /// <summary>The silos that the promises are between, in the order of the cells.</summary>
    internal IReadOnlyList<string> LiveIds { get; }

    internal IReadOnlyList<PromiseRow> Promises { get; }

    /// <summary>Each cache on every silo that has it.</summary>
    internal IReadOnlyDictionary<string, (SiloAddress Silo, CacheChangeover Changeover)[]> ByCache { get; }

    /// <summary>When the membership last changed, by the clock of the silo that noticed it last.</summary>
    internal DateTimeOffset? MembershipChanged => _now.Silos.Count == 0 ? null : _now.Silos.Values.Max(silo => silo.MembershipChanged);

    internal CacheChangeover[] Changeovers(string cache) => [.. ByCache.GetValueOrDefault(cache, []).Select(one => one.Changeover)];

    /// <summary>Everything together, as if it were one cache.</summary>
    internal CacheChangeover[] All => [.. ByCache.Values.SelectMany(silos => silos).Select(one => one.Changeover)];

    /// <summary>All coherent verbs of a cache that have completed since the silos started.</summary>
    internal LatencyHistogram Verbs(string cache) => _verbs.GetValueOrDefault(cache, LatencyHistogram.Empty);

    /// <summary>The same of all caches.</summary>
    internal LatencyHistogram AllVerbs { get; }

    /// <summary>Those of all caches of the last minute; null if it has not been watched for so long.</summary>
    internal LatencyHistogram? AllLately { get; }

    /// <summary>A cache on each of its silos.</summary>
    internal IEnumerable<CacheRow> OnSilos(string cache) => ByCache.GetValueOrDefault(cache, []).Select(one => Rates.Sum(
        Id(one.Silo), [one.Changeover], one.Changeover.Now.CoherentVerbs, null, _digests.GetValueOrDefault(cache)?.GetValueOrDefault(Id(one.Silo))));

    /// <summary>The caches of one silo.</summary>
    internal IEnumerable<CacheRow> OfSilo(SiloAddress silo) => Find(silo) is { } found
        ? found.Caches.Select(cache => Rates.Sum(cache.Statistics.Name, [CacheChangeover.Of(cache, found, _before.Silos.GetValueOrDefault(silo))], cache.CoherentVerbs, null))
        : [];

    internal SiloSnapshot? Find(SiloAddress silo) => _now.Silos.GetValueOrDefault(silo);

    /// <summary>The keys of a cache with most reads, all silos together; null when no silo counts them.</summary>
    internal IReadOnlyList<KeyReads>? TopKeys(string cache)
    {
        var counted = Changeovers(cache).Where(silo => silo.Now.TopKeys is not null).ToArray();
        if (counted.Length == 0)
            return null;
        var reads = counted.Select(silo => Math.Max(1, silo.Now.Statistics.Hits)).ToArray();
        return
        [
            .. counted.SelectMany((silo, i) => silo.Now.TopKeys!.Select(key => (key.Key, Reads: key.Share * reads[i])))
                .GroupBy(key => key.Key, StringComparer.Ordinal).Select(key => new KeyReads(key.Key, key.Sum(one => one.Reads) / reads.Sum()))
                .OrderByDescending(key => key.Share).Take(MaxTopKeys),
        ];
    }

    private const int MaxTopKeys = 50;

    internal static string Id(SiloAddress silo) => silo.ToParsableString();

    private SiloRow ToRow(SiloAddress silo, (SiloSnapshot Snapshot, DateTimeOffset Heard)? known)
    {
        var endpoint = string.Create(CultureInfo.InvariantCulture, $"{silo.Endpoint}");
        if (Find(silo) is not { } now)
        {
            var isSilent = _now.Errors.TryGetValue(silo, out var error);
            return new(Id(silo), endpoint, known?.Snapshot.Name ?? "", isSilent ? SiloState.Silent : SiloState.Gone, error, known?.Heard);
        }

        var before = _before.Silos.GetValueOrDefault(silo);
        CacheChangeover[] caches = [.. now.Caches.Select(cache => CacheChangeover.Of(cache, now, before))];
        var seconds = before is null ? 0 : (now.Time - before.Time).TotalSeconds;
        var (hits, misses) = (Rates.Rate(caches, c => c.Statistics.Hits), Rates.Rate(caches, c => c.Statistics.Misses));
        return new(
            Id(silo),
            endpoint,
            now.Name,
            now.ValidFor > TimeSpan.Zero ? SiloState.Serving : now.IsStarted ? SiloState.Lapsed : SiloState.Starting,
            null,
            null,
            now.ValidFor > TimeSpan.FromDays(1) ? null : Math.Round(now.ValidFor.TotalSeconds, 1),
            Math.Floor(now.Uptime.TotalSeconds),
            now.HeapBytes,
            now.WorkingSetBytes,
            seconds > 0 ? Math.Max(0, Math.Round((now.ProcessorTime - before!.ProcessorTime).TotalSeconds / seconds, 2)) : null,
            now.Clients,
            now.Caches.Sum(cache => (long)cache.Statistics.Entries),
            now.Caches.Sum(cache => cache.Statistics.Bytes),
            Rates.Ratio(hits ?? 0, misses ?? 0),
            hits + misses,
            now.Lanes.Sum(lane => (long)lane.Depth),
            now.Lanes.Select(lane => lane.Failures).DefaultIfEmpty().Max(),
            now.Providers.Sum(provider => provider.Retries),
            now.Providers.Sum(provider => provider.Gaps),
            now.MembershipVersion);
    }

    private char Cell(SiloAddress holder, SiloAddress promiser)
    {
        if (holder.Equals(promiser))
            return '-';
        if (Find(holder) is not { } silo || silo.Promises.FirstOrDefault(promise => promise.Promiser.Equals(promiser)) is not { } promise)
            return '?';
        return promise.Remaining <= TimeSpan.Zero ? 'x' : (char)('0' + Math.Clamp((int)(promise.Remaining / silo.LeaseDuration * 10), 0, 9));
    }
}
