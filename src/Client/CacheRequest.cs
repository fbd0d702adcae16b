namespace McCache.Client;

/// <summary>What one member's cache asks that of another.</summary>
[GenerateSerializer, Immutable, Alias("McCache.CacheRequest")]
internal abstract record CacheRequest;

/// <summary>Asks what the cache is. The answer is a <see cref="CacheDescription"/>.</summary>
[GenerateSerializer, Immutable, Alias("McCache.DescribeRequest")]
internal sealed record DescribeRequest : CacheRequest;

/// <summary>What a client has to know of a cache to have copies of it.</summary>
/// <param name="Coherence">Its mode.</param>
/// <param name="KeyType">The type of its keys, by name.</param>
/// <param name="ValueType">The type of its values, by name.</param>
/// <param name="TimeToLive">How long an entry lives, if it says nothing else.</param>
/// <param name="UpdateMovesToLast">Whether an update moves its key to the end.</param>
[GenerateSerializer, Immutable, Alias("McCache.CacheDescription")]
internal sealed record CacheDescription(
    [property: Id(0)] Coherence Coherence,
    [property: Id(1)] string KeyType,
    [property: Id(2)] string ValueType,
    [property: Id(3)] TimeSpan? TimeToLive,
    [property: Id(4)] bool UpdateMovesToLast)
{
    /// <exception cref="InvalidOperationException">The cluster's cache has other types.</exception>
    internal void Check<TKey, TValue>(string name)
    {
        if (KeyType != typeof(TKey).ToString() || ValueType != typeof(TValue).ToString())
            throw new InvalidOperationException($"Cache '{name}' of the cluster holds {KeyType} → {ValueType}, not {typeof(TKey)} → {typeof(TValue)}. Ask for the types it was added with.");
    }
}

/// <summary>Asks a replica, while it serves, for the entry of a key. The answer is an <see cref="EntriesAnswer"/>.</summary>
/// <param name="Key">The key, see <see cref="KeyCodec{TKey}"/>.</param>
[GenerateSerializer, Immutable, Alias("McCache.ReadRequest")]
internal sealed record ReadRequest([property: Id(0)] byte[] Key) : CacheRequest;
