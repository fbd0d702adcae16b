namespace McCache;

/// <summary>
/// The remote dictionary: the door to the cache of the silo that answers, for callers that hold no copies of their own. Reached by <c>GetCacheGrain(name)</c>; the grain's key is the cache's name.
/// </summary>
/// <remarks>
/// <para>A call from inside a silo is answered by that silo; a call from a client by its gateway, the same one for as long as it lives. Reads see that silo's copy. Writes are coherent verbs: when they return, no member
/// serves an older value.</para>
/// <para>Every method throws <see cref="InvalidOperationException"/> when the silo has no cache of that name with these types, <see cref="ArgumentNullException"/> for a null key or list, and <see cref="UnauthorizedAccessException"/> for what <see cref="IMcCacheAuthorizer"/> refuses. Writes throw as
/// those of <see cref="IMcCache{TKey, TValue}"/> do, but a string with lone surrogates arrives changed. They wait for silos that hang, and throw <see cref="TimeoutException"/>
/// when that takes longer than the caller's Orleans <c>ResponseTimeout</c> (30 s by default); then they have been applied and sent, as when they are cancelled.</para>
/// <para>One call is one message, at most Orleans' <c>MaxMessageBodySize</c> (100 MiB by default). References are safe to use from any number of threads.</para>
/// </remarks>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Needs an Orleans serializer when the caller is in another process.</typeparam>
[Alias("McCache.ICacheGrain`2")]
public interface ICacheGrain<TKey, TValue> : IGrainWithStringKey
    where TKey : notnull
{
    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    [Alias("TryGet")]
    ValueTask<CacheLookup<TValue>> TryGetAsync(TKey key);

    /// <summary>Whether the answering silo's copy has a key. The value stays there; counts neither as a hit nor as a miss.</summary>
    /// <param name="key">The key.</param>
    [Alias("ContainsKey")]
    ValueTask<bool> ContainsKeyAsync(TKey key);

    /// <summary>Looks many keys up; the answers are in the order of the keys. Not one moment: each is looked up by itself.</summary>
    /// <param name="keys">The keys.</param>
    [Alias("GetRange")]
    ValueTask<IReadOnlyList<CacheLookup<TValue>>> GetRangeAsync(IReadOnlyList<TKey> keys);

    /// <summary>Sets the value of a key, coherently.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">Time to live, tags and size of the entry.</param>
    /// <param name="cancellationToken">Gives up the waiting only.</param>
    [Alias("Set")]
    ValueTask SetAsync(TKey key, TValue value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Sets many keys in the order given, coherently. One that is refused ends it; those before it are set, coherently.</summary>
    /// <param name="items">The keys and values.</param>
    /// <param name="cancellationToken">Gives up the waiting only.</param>
    [Alias("SetRange")]
    ValueTask SetRangeAsync(IReadOnlyList<KeyValuePair<TKey, TValue>> items, CancellationToken cancellationToken = default);

    /// <summary>Removes a key, coherently.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up the waiting only.</param>
    [Alias("Remove")]
    ValueTask RemoveAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Removes every entry that carries a tag, coherently.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Gives up the waiting only.</param>
    [Alias("RemoveByTag")]
    ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default);

    /// <summary>Removes everything, coherently.</summary>
    /// <param name="cancellationToken">Gives up the waiting only.</param>
    [Alias("Clear")]
    ValueTask ClearAsync(CancellationToken cancellationToken = default);

    /// <summary>The number of entries in the answering silo's copy.</summary>
    [Alias("Count")]
    ValueTask<int> CountAsync();

    /// <summary>The entries of the answering silo's copy in order, weakly consistent: an entry that is there throughout is seen once, whatever others write.</summary>
    /// <remarks>They travel in batches of 100, <c>WithBatchSize</c> sets another number; take a small one where values are large, since a batch is one message.</remarks>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>, after what is left of the batch that has come.</param>
    /// <exception cref="EnumerationAbortedException">The silo that answers has gone, or the caller asked for nothing more for longer than Orleans' <c>ResponseTimeout</c>.</exception>
    [Alias("Enumerate")]
    IAsyncEnumerable<KeyValuePair<TKey, TValue>> EnumerateAsync(CancellationToken cancellationToken = default);
}

/// <summary>The answer to a look-up: whether the key was there, and its value.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <param name="Found">Whether the key was there.</param>
/// <param name="Value">The value, or the default of its type.</param>
[GenerateSerializer, Immutable, Alias("McCache.CacheLookup`1")]
public readonly record struct CacheLookup<TValue>([property: Id(0)] bool Found, [property: Id(1)] TValue? Value);
