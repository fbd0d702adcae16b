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

    /// <summary>Every silo and its caches at this moment: one question to each silo, which has 1.5 seconds to answer. What is collected for it, the silos hold anyway.</summary>
    /// <param name="request">What costs more and is wanted too.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    [Alias("GetSnapshots"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<SiloSnapshot>>> GetSnapshotsAsync(SnapshotRequest request, CancellationToken cancellationToken = default);

    /// <summary>Some keys of one silo's copy in their order, and what is known of their entries. Values stay where they are. Counted neither as hits nor as misses.</summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="skip">How many keys to pass over, from 0 to 1,000,000.</param>
    /// <param name="count">How many to return at most, from 1 to 500.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <exception cref="InvalidOperationException">The silo is not active.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    [Alias("GetKeys"), ResponseTimeout("00:00:10")]
    ValueTask<SiloResult<KeyPage>> GetKeysAsync(string cache, SiloAddress silo, int skip, int count, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="GetMetadataAsync"/>, for callers that do not know the type of the keys: the key is named by its text.</summary>
    /// <remarks>Text, number, <see cref="Guid"/>, date and enumeration keys have one, and whatever else has a <see cref="System.ComponentModel.TypeConverter"/> from text.</remarks>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="key">The key's text, in the invariant culture.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <exception cref="InvalidOperationException">The cache's keys have no text.</exception>
    /// <exception cref="ArgumentException">The text is none of such a key.</exception>
    [Alias("GetMetadataByText"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<CacheEntryMetadata?>>> GetMetadataByTextAsync(string cache, string key, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="EvictAsync"/>, by the key's text, on all silos or on one.</summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="key">The key's text, in the invariant culture.</param>
    /// <param name="silo">The one silo; null for all.</param>
    /// <inheritdoc cref="GetMetadataByTextAsync" path="/exception"/>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    [Alias("EvictByText"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<bool>>> EvictByTextAsync(string cache, string key, SiloAddress? silo = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="EvictAllAsync(string, CancellationToken)"/>, on one silo.</summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <exception cref="InvalidOperationException">The silo is not active.</exception>
    [Alias("EvictAllOnSilo"), ResponseTimeout("00:00:10")]
    ValueTask<SiloResult<int>> EvictAllAsync(string cache, SiloAddress silo, CancellationToken cancellationToken = default);

    /// <summary>Removes a key coherently, by its text, as <see cref="ICacheGrain{TKey, TValue}.RemoveAsync"/> does.</summary>
    /// <inheritdoc cref="GetMetadataByTextAsync" path="/param"/>
    /// <inheritdoc cref="GetMetadataByTextAsync" path="/exception"/>
    [Alias("RemoveByText")]
    ValueTask RemoveByTextAsync(string cache, string key, CancellationToken cancellationToken = default);

    /// <summary>Removes every entry with a tag, coherently, as <see cref="ICacheGrain{TKey, TValue}.RemoveByTagAsync"/> does.</summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Gives up the waiting only: the removal has been applied and sent.</param>
    [Alias("RemoveByTag")]
    ValueTask RemoveByTagAsync(string cache, string tag, CancellationToken cancellationToken = default);

    /// <summary>
    /// Mends the copies of a cache, on all silos or on one. A silo of a replicated cache merges what another one has, now, instead of at the next comparison; of an invalidating cache it drops its copies, as
    /// it does when changes were lost on the way.
    /// </summary>
    /// <param name="cache">The name of the cache.</param>
    /// <param name="silo">The one silo; null for all.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <returns>Whether nothing is missing from each copy afterwards.</returns>
    [Alias("Repair"), ResponseTimeout("00:00:10")]
    ValueTask<IReadOnlyList<SiloResult<bool>>> RepairAsync(string cache, SiloAddress? silo = null, CancellationToken cancellationToken = default);
}
