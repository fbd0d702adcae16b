namespace McCache.Dashboard;

/// <summary>Something with a name that stays the same from one state of the cluster to the next, so that only what has changed need be sent.</summary>
internal interface IRow
{
    string Id { get; }
}

/// <summary>What a silo is doing.</summary>
internal enum SiloState
{
    /// <summary>It serves its copies.</summary>
    Serving,

    /// <summary>It has not started to serve.</summary>
    Starting,

    /// <summary>It is not entitled to serve.</summary>
    Lapsed,

    /// <summary>It does not answer.</summary>
    Silent,

    /// <summary>It has left the cluster, or has died.</summary>
    Gone,
}

/// <summary>A silo in a list. What is only known of a silo that answers is null of one that is silent or gone.</summary>
/// <param name="Id">Its address and generation, as <see cref="SiloAddress.FromParsableString"/> reads it.</param>
/// <param name="Endpoint">Its address.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Error">Why it does not answer.</param>
/// <param name="Since">When it was last heard, if it is silent or gone.</param>
/// <param name="ValidForSeconds">How long it may still serve if nobody answers it any more; null for ever, as the only silo.</param>
/// <param name="UptimeSeconds">How long it has run.</param>
/// <param name="HeapBytes">Bytes of the managed heap.</param>
/// <param name="WorkingSetBytes">Bytes of physical memory.</param>
/// <param name="Processors">Processors' worth of time that it uses; null before there are two readings.</param>
/// <param name="Clients">Clients outside the cluster that are attached to it.</param>
/// <param name="Entries">Entries of all its caches.</param>
/// <param name="Bytes">Bytes of all its caches, by their own measures.</param>
/// <param name="HitRatio">Hits as a share of reads since the last reading; null when nothing was read.</param>
/// <param name="ReadsPerSecond">Reads.</param>
/// <param name="LaneDepth">Frames that wait on its lanes.</param>
/// <param name="LaneFailures">The failures in a row of the lane that has most.</param>
/// <param name="Retries">Batches sent again since it started.</param>
/// <param name="Gaps">Losses noted since it started.</param>
/// <param name="MembershipVersion">The version of the membership that it goes by.</param>
internal sealed record SiloRow(
    string Id,
    string Endpoint,
    string Name,
    SiloState State,
    string? Error = null,
    DateTimeOffset? Since = null,
    double? ValidForSeconds = null,
    double? UptimeSeconds = null,
    long? HeapBytes = null,
    long? WorkingSetBytes = null,
    double? Processors = null,
    int? Clients = null,
    long? Entries = null,
    long? Bytes = null,
    double? HitRatio = null,
    double? ReadsPerSecond = null,
    long? LaneDepth = null,
    int? LaneFailures = null,
    long? Retries = null,
    long? Gaps = null,
    long? MembershipVersion = null) : IRow;

/// <summary>A cache, on all silos together or on one. Rates are null before there are two readings.</summary>
/// <param name="Id">The cache's name; among the silos of one cache, the silo's id.</param>
/// <param name="Coherence">What the other members do when one writes.</param>
/// <param name="Silos">The silos that have it.</param>
/// <param name="Entries">Entries held, of all silos together.</param>
/// <param name="Bytes">Bytes held, by the cache's own measure.</param>
/// <param name="MaxEntries">The entries that a silo holds at most.</param>
/// <param name="MaxBytes">The bytes that a silo holds at most; null for no such limit.</param>
/// <param name="Hits">Reads that found a value.</param>
/// <param name="Misses">Reads that found none.</param>
/// <param name="HitRatio">Hits as a share of reads, since the silos started; null when nothing was read.</param>
/// <param name="HitRatioNow">The same since the last reading.</param>
/// <param name="Fills">Factories that ran to their end.</param>
/// <param name="Evictions">Entries dropped to stay within the limits.</param>
/// <param name="Expirations">Entries whose time to live had ended.</param>
/// <param name="Invalidations">Entries dropped because of other members' writes.</param>
/// <param name="CoherentVerbs">Coherent verbs that have completed.</param>
/// <param name="ReadsPerSecond">Reads.</param>
/// <param name="FillsPerSecond">Fills.</param>
/// <param name="EvictionsPerSecond">Evictions.</param>
/// <param name="CoherentVerbsPerSecond">Coherent verbs.</param>
/// <param name="P50Seconds">How long half of the coherent verbs took at most; null when there were none.</param>
/// <param name="P99Seconds">The same for 99 of 100.</param>
/// <param name="IsLastMinute">Whether these two are of the last minute, which needs to have been watched; else they are of all since the silos started.</param>
/// <param name="Holes">Silos whose copy lacks changes, and serves nothing until that is mended.</param>
/// <param name="Tombstones">Keys that are remembered although they are not held.</param>
/// <param name="Digest">The digest of one silo's copy, in hexadecimal; null unless it was asked for.</param>
internal sealed record CacheRow(
    string Id,
    Coherence Coherence,
    int Silos,
    long Entries,
    long Bytes,
    long MaxEntries,
    long? MaxBytes,
    long Hits,
    long Misses,
    double? HitRatio,
    double? HitRatioNow,
    long Fills,
    long Evictions,
    long Expirations,
    long Invalidations,
    long CoherentVerbs,
    double? ReadsPerSecond,
    double? FillsPerSecond,
    double? EvictionsPerSecond,
    double? CoherentVerbsPerSecond,
    double? P50Seconds,
    double? P99Seconds,
    bool IsLastMinute,
    int Holes,
    long Tombstones,
    string? Digest = null) : IRow;

/// <summary>The promises that one silo holds.</summary>
/// <param name="Id">The silo.</param>
/// <param name="Cells">A character for each silo in the order of the list: how much is left of its promise, from 9 (nearly all of the lease) to 0; x for none, - for the silo itself, ? when it is not known.</param>
internal sealed record PromiseRow(string Id, string Cells) : IRow;

/// <summary>Something that has happened.</summary>
/// <param name="Id">The silo and the number that the event had first.</param>
/// <param name="Silo">Where it was noted; a new membership, where it was noted first.</param>
/// <param name="Number">Its number there.</param>
/// <param name="Time">When; of one that has happened several times in a row the last.</param>
/// <param name="Kind">What.</param>
/// <param name="Cause">Why.</param>
/// <param name="Other">The other silo.</param>
/// <param name="Cache">The cache; null for all.</param>
/// <param name="Count">How often in a row.</param>
/// <param name="Silos">How many silos have noted it: all of them note a new membership.</param>
internal sealed record EventRow(
    string Id, string Silo, long Number, DateTimeOffset Time, CoherenceEventKind Kind, string Cause, string? Other, string? Cache, int Count, int Silos = 1) : IRow;

/// <summary>A lane, from the silo that is looked at.</summary>
/// <param name="Id">Provider and silo.</param>
/// <param name="Provider">The multicast provider.</param>
/// <param name="Silo">Where it leads.</param>
/// <param name="Depth">Frames that the other is not known to have.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="InFlight">Frames of the batch that is on its way.</param>
/// <param name="Awaited">Frames that somebody waits for.</param>
/// <param name="Failures">Attempts in a row that failed.</param>
/// <param name="Retries">Batches sent again.</param>
/// <param name="Gaps">Times that it was dropped.</param>
internal sealed record LaneRow(string Id, string Provider, string Silo, int Depth, long Bytes, int InFlight, int Awaited, int Failures, long Retries, long Gaps) : IRow;

/// <summary>One promise that the silo that is looked at holds.</summary>
/// <param name="Id">Whose.</param>
/// <param name="RemainingSeconds">How long it holds.</param>
internal sealed record HeldRow(string Id, double RemainingSeconds) : IRow;

/// <summary>A bar of a histogram.</summary>
/// <param name="FromSeconds">Where it begins.</param>
/// <param name="ToSeconds">Where it ends.</param>
/// <param name="Count">How many.</param>
internal sealed record Bar(double FromSeconds, double ToSeconds, long Count)
{
    internal static Bar[] Of(LatencyHistogram histogram) =>
    [
        .. histogram.Counts.Select((count, bucket) => new Bar(LatencyHistogram.BucketStart(bucket).TotalSeconds, LatencyHistogram.BucketStart(bucket + 1).TotalSeconds, count)).SkipWhile(bar => bar.Count == 0),
    ];
}

/// <summary>One moment of a chart.</summary>
/// <param name="Time">When, in milliseconds since 1970.</param>
/// <param name="Reads">Reads per second.</param>
/// <param name="HitRatio">Hits as a share of reads; null when nothing was read.</param>
/// <param name="Verbs">Coherent verbs per second.</param>
/// <param name="Fills">Fills per second.</param>
/// <param name="Evictions">Evictions per second.</param>
/// <param name="Entries">Entries held.</param>
/// <param name="P50">Half of the coherent verbs of that moment took so many seconds at most; null when there were none.</param>
/// <param name="P99">The same for 99 of 100.</param>
internal sealed record Point(long Time, double Reads, double? HitRatio, double Verbs, double Fills, double Evictions, long Entries, double? P50, double? P99);
