namespace McCache;

/// <summary>Asks, and tells, the caches of all silos at once. Reached from a client or a silo by <c>GetMcCacheAdministration()</c>; any silo answers, and asks all that are live.</summary>
/// <remarks>
/// <para>Each method but <see cref="ClearAsync"/> returns one <see cref="SiloResult{T}"/> for each silo that the membership holds for active, in the order of their addresses. The silos are asked
/// in parallel and have 3 seconds to answer; one that does not has an error in its row and costs the others nothing.</para>
/// <para>Methods that take the name of a cache throw <see cref="InvalidOperationException"/>, and name the caches there are, when there is none of that name, or when its keys have another type;
/// they throw <see cref="ArgumentNullException"/> for a null name or key. All throw <see cref="TimeoutException"/> when the silo that answers is itself hung: get a new reference and
/// call again, another silo is likely to answer. All throw <see cref="UnauthorizedAccessException"/> for what <see cref="IMcCacheAuthorizer"/> refuses: by default, to clients, all but asking. Cancelling gives up the waiting with <see cref="OperationCanceledException"/>; what was sent takes its course.</para>
/// </remarks>
[Alias("McCache.IMcCacheAdministration")]
public interface IMcCacheAdministration : IGrainWithIntegerKey
{
    /// <summary>The statistics of every cache on every silo; those of one silo are in the order of the caches' names.</summary>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    [Alias("GetStatistics"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<IReadOnlyList<CacheStatistics>>>> GetStatisticsAsync(CancellationToken cancellationToken = default);

    /// <summary>The digest of a cache on every silo: an order-independent hash of the keys held, in a replicated cache of keys, versions and places. O(n) on each silo.</summary>
    /// <remarks>Once writes have come to rest, the copies of a replicated cache <see cref="SiloResultExtensions.Agree">agree</see>, unless members evict. Those of an invalidating cache hold what each silo has read, so they rarely do.</remarks>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    [Alias("GetDigests"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<ulong>>> GetDigestsAsync(string cache, CancellationToken cancellationToken = default);

    /// <summary>What every silo knows of an entry; null where the copy does not have it.</summary>
    /// <typeparam name="TKey">The type of the cache's keys.</typeparam>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    [Alias("GetMetadata"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<CacheEntryMetadata?>>> GetMetadataAsync<TKey>(string cache, TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull;

    /// <summary>Lets every silo drop its own copy of an entry. It is no write: a fill that is under way is cached all the same. To remove a key coherently, see <see cref="ICacheGrain{TKey, TValue}.RemoveAsync"/>.</summary>
    /// <typeparam name="TKey">The type of the cache's keys.</typeparam>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <returns>Whether each copy had the key.</returns>
    [Alias("Evict"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<bool>>> EvictAsync<TKey>(string cache, TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull;

    /// <summary>Lets every silo drop its own copy of a cache. It is no write, and waits for no silo that hangs; see <see cref="ClearAsync"/>.</summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <returns>How many entries each copy held just before.</returns>
    [Alias("EvictAll"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<int>>> EvictAllAsync(string cache, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes everything from a cache, coherently, as <see cref="ICacheGrain{TKey, TValue}.ClearAsync"/> does, for callers that do not know its types: when the task completes, no member serves what was
    /// there before. It waits for every silo that may serve, so a hung one holds it up until the membership has declared it dead.
    /// </summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="cancellationToken">Gives up the waiting only: the removal has been applied and sent.</param>
    /// <exception cref="TimeoutException">It took longer than the caller's Orleans <c>ResponseTimeout</c> (30 s by default). The removal has been applied and sent.</exception>
    [Alias("Clear")]
    ValueTask ClearAsync(string cache, CancellationToken cancellationToken = default);
}
