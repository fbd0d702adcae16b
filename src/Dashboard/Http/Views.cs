namespace McCache.Dashboard;

/// <summary>What <c>/api/overview</c> says.</summary>
/// <param name="Time">When the silos were asked.</param>
/// <param name="Error">Why they could not be, if they could not; the rest is then older.</param>
/// <param name="MembershipChanged">When the membership last changed.</param>
/// <param name="Totals">All caches of all silos together; null when there are none.</param>
/// <param name="Silos">The silos, those that have gone lately included.</param>
/// <param name="Caches">The caches, each on all silos together.</param>
/// <param name="PromiseOrder">The silos that the cells of <paramref name="Promises"/> stand for, in their order.</param>
/// <param name="Promises">The promises that each silo holds.</param>
internal sealed record OverviewView(
    DateTimeOffset Time,
    string? Error,
    DateTimeOffset? MembershipChanged,
    CacheRow? Totals,
    IReadOnlyList<SiloRow> Silos,
    IReadOnlyList<CacheRow> Caches,
    IReadOnlyList<string> PromiseOrder,
    IReadOnlyList<PromiseRow> Promises)
{
    internal static OverviewView Of(ClusterState state)
        => new(state.Time, state.Error, state.MembershipChanged, Together(state), state.Silos, state.Caches, state.LiveIds, state.Promises);

    internal static CacheRow? Together(ClusterState state) => state.All is { Length: > 0 } all
        ? Rates.Sum(History.All, all, state.AllVerbs, state.AllLately) with { Silos = state.ByCache.Values.SelectMany(silos => silos).DistinctBy(one => one.Silo).Count() }
        : null;
}

/// <summary>What <c>/api/caches</c> says: the caches, each on all silos together, and all of them together.</summary>
internal sealed record CachesView(DateTimeOffset Time, string? Error, CacheRow? Totals, IReadOnlyList<CacheRow> Caches);

/// <summary>What <c>/api/silos</c> says.</summary>
internal sealed record SilosView(DateTimeOffset Time, string? Error, DateTimeOffset? MembershipChanged, IReadOnlyList<SiloRow> Silos);

/// <summary>What <c>/api/cache</c> says.</summary>
/// <param name="Time">When the silos were asked.</param>
/// <param name="Error">Why they could not be.</param>
/// <param name="Cache">The cache on all silos together.</param>
/// <param name="Agree">Whether all silos hold the same; null while that is not known, as when one does not answer. An invalidating cache's copies differ by design.</param>
/// <param name="HasKeyText">Whether keys can be named by a text.</param>
/// <param name="Silos">The cache on each silo.</param>
/// <param name="TopKeys">The keys with most reads; null where they are not counted, or not shown.</param>
/// <param name="AreKeysRefused">Whether the silos have refused to show them to this host; see <see cref="IMcCacheAuthorizer"/>.</param>
/// <param name="Latencies">How long coherent verbs took, all since the silos started.</param>
internal sealed record CacheView(
    DateTimeOffset Time, string? Error, CacheRow Cache, bool? Agree, bool HasKeyText, IReadOnlyList<CacheRow> Silos, IReadOnlyList<KeyReads>? TopKeys, bool AreKeysRefused, IReadOnlyList<Bar> Latencies)
{
    /// <returns>Null when no silo has the cache.</returns>
    internal static CacheView? Of(ClusterState state, string name)
    {
        if (state.Caches.FirstOrDefault(cache => cache.Id == name) is not { } row)
            return null;
        CacheRow[] silos = [.. state.OnSilos(name)];
        return new(state.Time, state.Error, row, Agrees(silos, state.IsComplete), state.Changeovers(name)[0].Now.HasKeyText, silos, state.TopKeys(name), state.KeysRefused.Contains(name), Bar.Of(state.Verbs(name)));
    }

    private static bool? Agrees(CacheRow[] silos, bool isComplete)
    {
        if (silos.Select(silo => silo.Digest).OfType<string>().Distinct().Count() > 1)
            return false;
        return isComplete && silos.All(silo => silo.Digest is not null) ? true : null;
    }
}

/// <summary>What <c>/api/silo</c> says.</summary>
/// <param name="Time">When the silos were asked.</param>
/// <param name="Error">Why they could not be.</param>
/// <param name="Silo">The silo.</param>
/// <param name="LeaseSeconds">How long a promise holds; null when the silo does not answer, and the lists are then empty.</param>
/// <param name="Promises">The promises that it holds.</param>
/// <param name="Lanes">Its lanes.</param>
/// <param name="Caches">Its caches.</param>
/// <param name="RoundTrips">How long its batches took to be acknowledged, of the caches' provider.</param>
internal sealed record SiloView(
    DateTimeOffset Time,
    string? Error,
    SiloRow Silo,
    double? LeaseSeconds,
    IReadOnlyList<HeldRow> Promises,
    IReadOnlyList<LaneRow> Lanes,
    IReadOnlyList<CacheRow> Caches,
    IReadOnlyList<Bar> RoundTrips)
{
    /// <returns>Null when there is no such silo.</returns>
    internal static SiloView? Of(ClusterState state, SiloAddress address)
    {
        if (state.Silos.FirstOrDefault(silo => silo.Id == ClusterState.Id(address)) is not { } row)
            return null;
        var silo = state.Find(address);
        return new(
            state.Time,
            state.Error,
            row,
            silo?.LeaseDuration.TotalSeconds,
            [.. (silo?.Promises ?? []).Select(promise => new HeldRow(ClusterState.Id(promise.Promiser), Math.Round(promise.Remaining.TotalSeconds, 2)))],
            [.. (silo?.Lanes ?? []).Select(ToRow)],
            [.. state.OfSilo(address)],
            Bar.Of(HistogramSum.Of((silo?.Providers ?? []).Select(provider => provider.RoundTrips))));
    }

    private static LaneRow ToRow(LaneSnapshot lane)
    {
        var id = ClusterState.Id(lane.Silo);
        return new($"{lane.Provider}/{id}", lane.Provider, id, lane.Depth, lane.Bytes, lane.InFlight, lane.Awaited, lane.Failures, lane.Retries, lane.Gaps);
    }
}

/// <summary>What the page needs to know before it begins.</summary>
/// <param name="AllowActions">Whether this caller may act.</param>
/// <param name="ShowKeys">Whether keys may be seen.</param>
/// <param name="User">Who the caller is.</param>
/// <param name="RefreshSeconds">How often the silos are asked.</param>
/// <param name="StaleSeconds">How long it takes at most until there is something new, were it only that the cluster does not answer; after that, what is shown is stale.</param>
/// <param name="Links">Links to show.</param>
/// <param name="TokenHeader">The header that acts carry their token in.</param>
/// <param name="Token">The token.</param>
internal sealed record SessionView(bool AllowActions, bool ShowKeys, string User, double RefreshSeconds, double StaleSeconds, IDictionary<string, string> Links, string? TokenHeader, string? Token);
