namespace McCache;

/// <summary>What one entry may have of its own. Immutable, so one instance can serve many entries.</summary>
[GenerateSerializer, Immutable, Alias("McCache.CacheEntryOptions")]
public sealed record CacheEntryOptions
{
    /// <summary>How long the entry lives after it was last set; null takes <see cref="CacheOptions.TimeToLive"/> of the cache. Positive.</summary>
    [Id(0)]
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Labels by which the entry can be removed together with others. At most 64, compared ordinally.</summary>
    [Id(1)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The entry's size in bytes as it counts against <see cref="CacheOptions.MaxBytes"/>; null takes the cache's own measure. 1 or more.</summary>
    [Id(2)]
    public long? Size { get; init; }
}
