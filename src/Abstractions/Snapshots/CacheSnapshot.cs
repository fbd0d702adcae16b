namespace McCache;

/// <summary>One cache of one silo at one moment.</summary>
[GenerateSerializer, Immutable, Alias("McCache.CacheSnapshot")]
public sealed record CacheSnapshot
{
    /// <summary>What it has counted.</summary>
    [Id(0)]
    public required CacheStatistics Statistics { get; init; }

    /// <summary>What the other members do when one writes.</summary>
    [Id(1)]
    public Coherence Coherence { get; init; }

    /// <summary>The entries that it holds at most.</summary>
    [Id(2)]
    public int MaxEntries { get; init; }

    /// <summary>The bytes that it holds at most; null for no such limit.</summary>
    [Id(3)]
    public long? MaxBytes { get; init; }

    /// <summary>Whether no change is missing from it: a replicated cache that lacks some serves nothing until that is mended.</summary>
    [Id(4)]
    public bool IsWhole { get; init; } = true;

    /// <summary>The coherent verbs that were called on this silo and have completed, and how long each took: until every member that may serve the cache had followed.</summary>
    [Id(5)]
    public LatencyHistogram CoherentVerbs { get; init; } = LatencyHistogram.Empty;

    /// <summary>States of other members that were merged (<see cref="Coherence.Replicate"/>).</summary>
    [Id(6)]
    public long Reconciliations { get; init; }

    /// <summary>The digest; null unless it was asked for.</summary>
    [Id(7)]
    public ulong? Digest { get; init; }

    /// <summary>The keys with most reads lately, most first; null unless they were asked for, and counted.</summary>
    [Id(8)]
    public IReadOnlyList<KeyReads>? TopKeys { get; init; }

    /// <summary>Whether keys can be named by a text: then they can be looked up, evicted and removed by it.</summary>
    [Id(9)]
    public bool HasKeyText { get; init; }
}

/// <summary>How often a key is read.</summary>
/// <param name="Key">The key as text, at most 1,024 characters of it.</param>
/// <param name="Share">Its reads as a share of all lately, from 0 to 1: an estimate, from a sample of them.</param>
[GenerateSerializer, Immutable, Alias("McCache.KeyReads")]
public sealed record KeyReads([property: Id(0)] string Key, [property: Id(1)] double Share);

/// <summary>A key and what a silo knows of its entry.</summary>
/// <param name="Key">The key as text, at most 1,024 characters of it.</param>
/// <param name="Metadata">What is known of the entry.</param>
[GenerateSerializer, Immutable, Alias("McCache.KeyMetadata")]
public sealed record KeyMetadata([property: Id(0)] string Key, [property: Id(1)] CacheEntryMetadata Metadata);

/// <summary>Some keys of a silo's copy, in their order.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Total">How many the copy holds.</param>
[GenerateSerializer, Immutable, Alias("McCache.KeyPage")]
public sealed record KeyPage([property: Id(0)] IReadOnlyList<KeyMetadata> Keys, [property: Id(1)] int Total);
