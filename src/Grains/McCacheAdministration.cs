using McCache.Client;
using Orleans.Concurrency;

namespace McCache.Grains;

/// <summary>Asks all silos in the name of a caller. It keeps nothing, so every silo has one.</summary>
[StatelessWorker(1, false)]
[Reentrant]
internal sealed class McCacheAdministration(CacheMember member, AdministrationClient silos) : Grain, IMcCacheAdministration
{
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

    /// <summary>What every silo would refuse is the caller's exception, not that of each row.</summary>
    private void Check<TKey>(string cache, TKey key)
        where TKey : notnull
    {
        member.Find<TKey>(cache);
        ArgumentNullException.ThrowIfNull(key);
    }

    private async ValueTask<IReadOnlyList<SiloResult<T>>> AskAllAsync<T>(Func<IAdministrationEndpoint, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        return await Task.WhenAll(silos.Live.Select(AskAsync)).WaitAsync(cancellationToken);

        async Task<SiloResult<T>> AskAsync(SiloAddress silo)
        {
            try
            {
                return new(silo, await ask(silos[silo]), null);
            }
#pragma warning disable CA1031 // Whatever it is, it goes into the row of this silo.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                return new(silo, default, exception);
            }
        }
    }
}
