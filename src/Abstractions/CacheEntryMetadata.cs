namespace McCache;

/// <summary>What a member knows of an entry, its value aside.</summary>
/// <param name="Inserted">When the key came into this member's copy.</param>
/// <param name="Updated">When the value was last set in this member's copy.</param>
/// <param name="Expires">When the entry's time to live ends; null for never.</param>
/// <param name="Size">The size in bytes that counts against <see cref="CacheOptions.MaxBytes"/>.</param>
/// <param name="Tags">The entry's tags.</param>
/// <param name="Version">The version of the write that set it; null when the cache's copies carry none (an invalidating cache, or a fill).</param>
[GenerateSerializer, Immutable, Alias("McCache.CacheEntryMetadata")]
public readonly record struct CacheEntryMetadata(
    [property: Id(0)] DateTimeOffset Inserted,
    [property: Id(1)] DateTimeOffset Updated,
    [property: Id(2)] DateTimeOffset? Expires,
    [property: Id(3)] long Size,
    [property: Id(4)] IReadOnlyList<string> Tags,
    [property: Id(5)] CacheVersion? Version);
