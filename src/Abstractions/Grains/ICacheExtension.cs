namespace McCache;

/// <summary>
/// Asks the silo where a grain lives about its caches: any grain reference can be asked, as <c>grain.AsReference&lt;ICacheExtension&gt;()</c>.
/// </summary>
/// <remarks>From a client as from inside. What it changes, it changes in that silo's copy only; to ask or tell all silos, see <see cref="IMcCacheAdministration"/>. Every method that takes the name of a cache throws <see cref="InvalidOperationException"/> when the silo has none of that name, and every method <see cref="UnauthorizedAccessException"/> for what <see cref="IMcCacheAuthorizer"/> refuses: by default, to clients, all but asking.</remarks>
[Alias("McCache.ICacheExtension")]
public interface ICacheExtension : IGrainExtension
{
    /// <summary>The statistics of every cache of the silo, in the order of their names.</summary>
    [Alias("GetStatistics")]
    ValueTask<IReadOnlyList<CacheStatistics>> GetStatisticsAsync();

    /// <summary>The digest of a cache: an order-independent hash of its keys. Two copies that hold the same keys have the same digest.</summary>
    /// <param name="cache">The name of the cache.</param>
    [Alias("GetDigest")]
    ValueTask<ulong> GetDigestAsync(string cache);

    /// <summary>What the silo knows of an entry; null when its copy does not have it.</summary>
    /// <typeparam name="TKey">The type of the cache's keys.</typeparam>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="key">The key.</param>
    [Alias("GetMetadata")]
    ValueTask<CacheEntryMetadata?> GetMetadataAsync<TKey>(string cache, TKey key)
        where TKey : notnull;

    /// <summary>Drops an entry from the silo's copy, and from no other.</summary>
    /// <typeparam name="TKey">The type of the cache's keys.</typeparam>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="key">The key.</param>
    /// <returns>Whether the copy had the key.</returns>
    [Alias("Evict")]
    ValueTask<bool> EvictAsync<TKey>(string cache, TKey key)
        where TKey : notnull;

    /// <summary>Drops the silo's copy of a cache, and no other.</summary>
    /// <param name="cache">The name of the cache.</param>
    [Alias("Clear")]
    ValueTask ClearAsync(string cache);
}
