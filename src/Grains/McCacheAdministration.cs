using McCache.Client;
using Orleans.Concurrency;

namespace McCache.Grains;

/// <summary>Asks all silos in the name of a caller. It keeps nothing, so every silo has one.</summary>
[StatelessWorker(1, false)]
[Reentrant]
internal sealed class McCacheAdministration(CacheMember member, AdministrationClient silos) : Grain, IMcCacheAdministration
{
    private const int MaxSkip = 1_000_000;
    private const int MaxKeys = 500;

    public ValueTask<IReadOnlyList<SiloResult<IReadOnlyList<CacheStatistics>>>> GetStatisticsAsync(CancellationToken cancellationToken)
        => AskAllAsync(silo => silo.GetStatistics(), cancellationToken);

    public ValueTask<IReadOnlyList<SiloResult<ulong>>> GetDigestsAsync(string cache, CancellationToken cancellationToken)
    {
        member.Find(cache);
        return AskAllAsync(silo => silo.GetDigest(cache), cancellationToken);
    }

    public ValueTask<IReadOnlyList<SiloResult<CacheEntryMetadata?>>> GetMetadataAsync<TKey>(string cache, TKey key, CancellationToken cancellationToken)
        where TKey : notnull
    {
        Check(cache, key);
        return AskAllAsync(silo => silo.GetMetadata(cache, key), cancellationToken);
    }

    public ValueTask<IReadOnlyList<SiloResult<bool>>> EvictAsync<TKey>(string cache, TKey key, CancellationToken cancellationToken)
        where TKey : notnull
    {
        Check(cache, key);
        return AskAllAsync(silo => silo.Evict(cache, key), cancellationToken);
    }

    public ValueTask<IReadOnlyList<SiloResult<int>>> EvictAllAsync(string cache, CancellationToken cancellationToken)
    {
        member.Find(cache);
        return AskAllAsync(silo => silo.EvictAll(cache), cancellationToken);
    }

    public ValueTask ClearAsync(string cache, CancellationToken cancellationToken) => member.Find(cache).ClearAsync(cancellationToken);

    public ValueTask<IReadOnlyList<SiloResult<SiloSnapshot>>> GetSnapshotsAsync(SnapshotRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return AskAllAsync((silo, address) => silo.GetSnapshot(request with { EventsAfter = request.EventsAfter.Where(after => after.Key.Equals(address)).ToDictionary() }), cancellationToken);
    }

    public ValueTask<SiloResult<KeyPage>> GetKeysAsync(string cache, SiloAddress silo, int skip, int count, CancellationToken cancellationToken)
    {
        member.Find(cache);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(skip, MaxSkip);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxKeys);
        return AskOneAsync(silo, endpoint => endpoint.GetKeys(cache, skip, count), cancellationToken);
    }

    public ValueTask<IReadOnlyList<SiloResult<CacheEntryMetadata?>>> GetMetadataByTextAsync(string cache, string key, CancellationToken cancellationToken)
    {
        CheckText(cache, key);
        return AskAllAsync(silo => silo.GetMetadataByText(cache, key), cancellationToken);
    }

    public ValueTask<IReadOnlyList<SiloResult<bool>>> EvictByTextAsync(string cache, string key, SiloAddress? silo, CancellationToken cancellationToken)
    {
        CheckText(cache, key);
        return AskAsync(silo, endpoint => endpoint.EvictByText(cache, key), cancellationToken);
    }

    public ValueTask<SiloResult<int>> EvictAllAsync(string cache, SiloAddress silo, CancellationToken cancellationToken)
    {
        member.Find(cache);
        return AskOneAsync(silo, endpoint => endpoint.EvictAll(cache), cancellationToken);
    }

    public ValueTask RemoveByTextAsync(string cache, string key, CancellationToken cancellationToken)
    {
        CheckText(cache, key);
        return member.Find(cache).RemoveByTextAsync(key, cancellationToken);
    }

    public ValueTask RemoveByTagAsync(string cache, string tag, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        return member.Find(cache).RemoveByTagAsync(tag, cancellationToken);
    }

    public ValueTask<IReadOnlyList<SiloResult<bool>>> RepairAsync(string cache, SiloAddress? silo, CancellationToken cancellationToken)
    {
        member.Find(cache);
        return AskAsync(silo, endpoint => endpoint.Repair(cache), cancellationToken);
    }

    private void CheckText(string cache, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        member.Find(cache).CheckText(key);
    }

    /// <summary>What every silo would refuse is the caller's exception, not that of each row.</summary>
    private void Check<TKey>(string cache, TKey key)
        where TKey : notnull
    {
        member.Find<TKey>(cache);
        ArgumentNullException.ThrowIfNull(key);
    }

    private ValueTask<IReadOnlyList<SiloResult<T>>> AskAllAsync<T>(Func<IAdministrationEndpoint, ValueTask<T>> ask, CancellationToken cancellationToken)
        => AskAllAsync((silo, _) => ask(silo), cancellationToken);

    private async ValueTask<IReadOnlyList<SiloResult<T>>> AskAllAsync<T>(Func<IAdministrationEndpoint, SiloAddress, ValueTask<T>> ask, CancellationToken cancellationToken)
        => await Task.WhenAll(silos.Live.Select(silo => AskRowAsync(silo, ask))).WaitAsync(cancellationToken);

    private async ValueTask<IReadOnlyList<SiloResult<T>>> AskAsync<T>(SiloAddress? silo, Func<IAdministrationEndpoint, ValueTask<T>> ask, CancellationToken cancellationToken)
        => silo is null ? await AskAllAsync(ask, cancellationToken) : [await AskOneAsync(silo, ask, cancellationToken)];

    private async ValueTask<SiloResult<T>> AskOneAsync<T>(SiloAddress silo, Func<IAdministrationEndpoint, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(silo);
        if (!silos.Live.Contains(silo))
            throw new InvalidOperationException($"Silo {silo} is not active in this cluster.");
        return await AskRowAsync(silo, (endpoint, _) => ask(endpoint)).WaitAsync(cancellationToken);
    }

    private async Task<SiloResult<T>> AskRowAsync<T>(SiloAddress silo, Func<IAdministrationEndpoint, SiloAddress, ValueTask<T>> ask)
    {
        try
        {
            return new(silo, await ask(silos[silo], silo), null);
        }
#pragma warning disable CA1031 // Whatever it is, it goes into the row of this silo.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new(silo, default, exception);
        }
    }
}
