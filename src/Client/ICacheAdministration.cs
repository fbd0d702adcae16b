namespace McCache.Client;

/// <summary>What a member can be asked, and told, about its copy of a cache whose types the asker does not know.</summary>
internal interface ICacheAdministration : IDisposable
{
    string Name { get; }

    /// <summary>The types of keys and values, for messages.</summary>
    string Types { get; }

    CacheStatistics Statistics { get; }

    /// <summary>The order-independent hash of the keys held; in a replicated cache of keys, versions and places of what was written.</summary>
    ulong Digest();

    /// <summary>What a replicated cache has counted; null for another.</summary>
    ReplicaCounts? Replica { get; }

    /// <summary>Drops this member's copy; the other members keep theirs.</summary>
    void Clear();

    /// <summary>Removes everything, coherently; see <see cref="IMcCache{TKey, TValue}.ClearAsync"/>.</summary>
    ValueTask ClearAsync(CancellationToken cancellationToken);

    /// <summary>Drops up to so many entries whose time to live has ended.</summary>
    void Sweep(int maxEntries);
}

/// <summary>The part that needs the type of the keys.</summary>
internal interface ICacheAdministration<in TKey> : ICacheAdministration
    where TKey : notnull
{
    CacheEntryMetadata? GetMetadata(TKey key);

    /// <summary>Drops an entry from this member's copy; the other members keep theirs.</summary>
    bool Evict(TKey key);
}
