namespace McCache;

/// <summary>What one member has counted for one cache since it started. Counters are monotonic unless said otherwise.</summary>
[GenerateSerializer, Immutable, Alias("McCache.CacheStatistics")]
public sealed record CacheStatistics
{
    /// <summary>The name of the cache.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Entries held now.</summary>
    [Id(1)]
    public int Entries { get; init; }

    /// <summary>Bytes held now, by the cache's measure of size. 0 when the cache measures none.</summary>
    [Id(2)]
    public long Bytes { get; init; }

    /// <summary>Reads that found a value.</summary>
    [Id(3)]
    public long Hits { get; init; }

    /// <summary>Reads that found none, those made while the cache may not serve included.</summary>
    [Id(4)]
    public long Misses { get; init; }

    /// <summary>Factories that ran to their end.</summary>
    [Id(5)]
    public long Fills { get; init; }

    /// <summary>Keys that came in, by writes and fills.</summary>
    [Id(6)]
    public long Inserts { get; init; }

    /// <summary>Values that were replaced.</summary>
    [Id(7)]
    public long Updates { get; init; }

    /// <summary>Entries removed by verbs of this member.</summary>
    [Id(8)]
    public long Removals { get; init; }

    /// <summary>Entries dropped because of other members' writes, or because changes were lost on the way.</summary>
    [Id(9)]
    public long Invalidations { get; init; }

    /// <summary>Entries dropped to stay within the limits.</summary>
    [Id(10)]
    public long Evictions { get; init; }

    /// <summary>Entries dropped because their time to live had ended.</summary>
    [Id(11)]
    public long Expirations { get; init; }

    /// <summary>Fills whose result was not cached because their key changed while they ran, or because serving lapsed.</summary>
    [Id(12)]
    public long BrokenFlights { get; init; }

    /// <summary>Fills whose result was not cached because it is larger than the cache may hold.</summary>
    [Id(13)]
    public long OversizedFills { get; init; }

    /// <summary>Changes that came less than 5 s after the change before them: the stress gauge of McCache for Python.</summary>
    [Id(14)]
    public long Spikes { get; init; }

    /// <summary>The mean time between such changes; zero when there were none.</summary>
    [Id(15)]
    public TimeSpan MeanSpikeInterval { get; init; }

    /// <summary>Notifications that a slow <see cref="IMcCache{TKey, TValue}.OnChange"/> callback has lost.</summary>
    [Id(16)]
    public long DroppedNotifications { get; init; }

    /// <summary>Keys held now of which this member remembers only that they were removed, evicted or moved, until nothing older can arrive (<see cref="Coherence.Replicate"/>). Not monotonic.</summary>
    [Id(17)]
    public int Tombstones { get; init; }

    /// <summary>Values of other members that were not kept because they are larger than the cache may hold here (<see cref="Coherence.Replicate"/>).</summary>
    [Id(18)]
    public long OversizedValues { get; init; }

    /// <summary>Tombstones that were forgotten too early, because there were too many (<see cref="Coherence.Replicate"/>).</summary>
    [Id(19)]
    public long ForgottenTombstones { get; init; }

    /// <summary>Values of other members that could not be deserialized, and were dropped (<see cref="Coherence.Replicate"/>).</summary>
    [Id(20)]
    public long UnreadableValues { get; init; }

    /// <summary>Hits as a share of reads, from 0 to 1; 0 when nothing was read.</summary>
    public double HitRatio => Hits + Misses == 0 ? 0 : (double)Hits / (Hits + Misses);
}
