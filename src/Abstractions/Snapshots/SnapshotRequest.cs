namespace McCache;

/// <summary>What a snapshot is to have in it besides what costs next to nothing.</summary>
[GenerateSerializer, Immutable, Alias("McCache.SnapshotRequest")]
public sealed record SnapshotRequest
{
    /// <summary>The caches whose digests are wanted; a digest of an invalidating cache is O(n). Names that a silo does not have are passed over.</summary>
    [Id(0)]
    public IReadOnlyList<string> DigestsOf { get; init; } = [];

    /// <summary>The caches whose keys with most reads are wanted, where <see cref="CacheOptions.TopKeys"/> is set. Keys may be personal data.</summary>
    [Id(1)]
    public IReadOnlyList<string> TopKeysOf { get; init; } = [];

    /// <summary>The number of the last event that the asker has of each silo, so that it gets those after it only; of a silo that is not in it, all that the silo keeps.</summary>
    [Id(2)]
    public IReadOnlyDictionary<SiloAddress, long> EventsAfter { get; init; } = new Dictionary<SiloAddress, long>();
}
