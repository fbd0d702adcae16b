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

    /// <summary>Whether no change is missing from this member's copy.</summary>
    bool IsWhole { get; }

    /// <summary>What this member's copy is now.</summary>
    CacheSnapshot Read(bool withDigest, bool withTopKeys);

    /// <summary>Some keys in their order; see <see cref="IMcCacheAdministration.GetKeysAsync"/>.</summary>
    KeyPage Browse(int skip, int count);

    /// <summary>Whether a text names a key.</summary>
    /// <exception cref="InvalidOperationException">Keys have no text.</exception>
    /// <exception cref="ArgumentException">This one does not.</exception>
    void CheckText(string key);

    /// <inheritdoc cref="CheckText"/>
    CacheEntryMetadata? GetMetadataByText(string key);

    /// <inheritdoc cref="CheckText"/>
    bool EvictByText(string key);

    /// <inheritdoc cref="CheckText"/>
    ValueTask RemoveByTextAsync(string key, CancellationToken cancellationToken);

    /// <exception cref="ArgumentException">The tag is too large, or not well-formed.</exception>
    ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken);

    /// <summary>Mends this member's copy; see <see cref="IMcCacheAdministration.RepairAsync"/>.</summary>
    /// <returns>Whether nothing is missing from it.</returns>
    ValueTask<bool> MendAsync();

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
