namespace McCache;

/// <summary>The door to the cache of the silo that answers, for callers that hold no copies of their own. The grain's key is the cache's name.</summary>
/// <remarks>
/// A call from inside a silo is answered by that silo; a call from a client by its gateway. Writes are coherent verbs. Every method throws
/// <see cref="InvalidOperationException"/> when the silo has no cache of that name with these types.
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

    /// <summary>Looks many keys up; the answers are in the order of the keys.</summary>
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

    /// <summary>Sets many keys in the order given, coherently. Those before one that is refused are set.</summary>
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

    /// <summary>The entries of the answering silo's copy in order, weakly consistent.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    [Alias("Enumerate")]
    IAsyncEnumerable<KeyValuePair<TKey, TValue>> EnumerateAsync(CancellationToken cancellationToken = default);
}

/// <summary>The answer to a look-up: whether the key was there, and its value.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <param name="Found">Whether the key was there.</param>
/// <param name="Value">The value, or the default of its type.</param>
[GenerateSerializer, Immutable, Alias("McCache.CacheLookup`1")]
public readonly record struct CacheLookup<TValue>([property: Id(0)] bool Found, [property: Id(1)] TValue? Value);
