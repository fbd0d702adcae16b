namespace McCache;

/// <summary>What happened to a key in this member's copy.</summary>
public enum CacheChangeKind
{
    /// <summary>The key came in, by a write or a fill.</summary>
    Inserted,

    /// <summary>The key's value was replaced.</summary>
    Updated,

    /// <summary>The key was removed by a verb of this member.</summary>
    Removed,

    /// <summary>The copy was dropped because another member wrote or removed the key, or because changes were lost on the way.</summary>
    Invalidated,

    /// <summary>The copy was dropped to stay within the limits.</summary>
    Evicted,

    /// <summary>The entry's time to live ended.</summary>
    Expired,
}

/// <summary>A change of one key in this member's copy.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <param name="Key">The key.</param>
/// <param name="Kind">What happened.</param>
/// <param name="SinceRead">How long ago this member last read the key; null when it did not within <see cref="CacheOptions.ChangeWindow"/>. A small
/// one says: you read a value that was replaced just after.</param>
public readonly record struct CacheChange<TKey>(TKey Key, CacheChangeKind Kind, TimeSpan? SinceRead)
    where TKey : notnull;
