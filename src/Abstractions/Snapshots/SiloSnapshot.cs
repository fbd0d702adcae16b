namespace McCache;

/// <summary>One silo and its caches at one moment.</summary>
[GenerateSerializer, Immutable, Alias("McCache.SiloSnapshot")]
public sealed record SiloSnapshot
{
    /// <summary>The silo's name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>The moment, by the silo's wall clock.</summary>
    [Id(1)]
    public DateTimeOffset Time { get; init; }

    /// <summary>How long the silo's process has run.</summary>
    [Id(2)]
    public TimeSpan Uptime { get; init; }

    /// <summary>Bytes of the managed heap in use, as of the last time that they were measured.</summary>
    [Id(3)]
    public long HeapBytes { get; init; }

    /// <summary>Bytes of physical memory that the process has.</summary>
    [Id(4)]
    public long WorkingSetBytes { get; init; }

    /// <summary>Processor time that the process has used.</summary>
    [Id(5)]
    public TimeSpan ProcessorTime { get; init; }

    /// <summary>Whether the silo has started to serve, as rule 5 of docs/protocol.md has it.</summary>
    [Id(6)]
    public bool IsStarted { get; init; }

    /// <summary>How long it may still serve if nobody answers it any more; zero while it may not.</summary>
    [Id(7)]
    public TimeSpan ValidFor { get; init; }

    /// <summary>How long a promise holds: <see cref="McCacheOptions.LeaseDuration"/>.</summary>
    [Id(8)]
    public TimeSpan LeaseDuration { get; init; }

    /// <summary>The version of the membership that it goes by.</summary>
    [Id(9)]
    public long MembershipVersion { get; init; }

    /// <summary>When it has taken that, by its wall clock.</summary>
    [Id(10)]
    public DateTimeOffset MembershipChanged { get; init; }

    /// <summary>The promises that it holds, one for each other live silo.</summary>
    [Id(11)]
    public IReadOnlyList<PromiseSnapshot> Promises { get; init; } = [];

    /// <summary>The lanes to the other silos, of each multicast provider.</summary>
    [Id(12)]
    public IReadOnlyList<LaneSnapshot> Lanes { get; init; } = [];

    /// <summary>What each multicast provider has counted, in the order of their names.</summary>
    [Id(13)]
    public IReadOnlyList<MulticastSnapshot> Providers { get; init; } = [];

    /// <summary>Clients outside the cluster that are attached to it.</summary>
    [Id(14)]
    public int Clients { get; init; }

    /// <summary>Its caches, in the order of their names.</summary>
    [Id(15)]
    public IReadOnlyList<CacheSnapshot> Caches { get; init; } = [];

    /// <summary>What has happened lately to what it serves, oldest first; at most 128.</summary>
    [Id(16)]
    public IReadOnlyList<CoherenceEvent> Events { get; init; } = [];
}

/// <summary>Another silo's word that it completes no coherent verb without the one that holds it.</summary>
/// <param name="Promiser">The other silo.</param>
/// <param name="Remaining">How long it still holds; zero when it has run out, or was never given.</param>
[GenerateSerializer, Immutable, Alias("McCache.PromiseSnapshot")]
public sealed record PromiseSnapshot([property: Id(0)] SiloAddress Promiser, [property: Id(1)] TimeSpan Remaining);

/// <summary>The way out to one other silo.</summary>
/// <param name="Provider">The multicast provider; that of the caches is "McCache".</param>
/// <param name="Silo">The other silo.</param>
/// <param name="Depth">Frames that the other is not known to have.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="InFlight">Frames of the batch that is on its way.</param>
/// <param name="Awaited">Frames that somebody waits for.</param>
/// <param name="Failures">Attempts in a row that were not answered, or not accepted, up to 16; 0 for a lane that gets on.</param>
/// <param name="Retries">Batches sent again since the lane began.</param>
/// <param name="Gaps">Times that the lane was full and was dropped.</param>
[GenerateSerializer, Immutable, Alias("McCache.LaneSnapshot")]
public sealed record LaneSnapshot(
    [property: Id(0)] string Provider,
    [property: Id(1)] SiloAddress Silo,
    [property: Id(2)] int Depth,
    [property: Id(3)] long Bytes,
    [property: Id(4)] int InFlight,
    [property: Id(5)] int Awaited,
    [property: Id(6)] int Failures,
    [property: Id(7)] long Retries,
    [property: Id(8)] long Gaps);

/// <summary>What a multicast provider of a silo has counted since the silo started.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Published">Frames published here, however many silos they go to.</param>
/// <param name="Applied">Frames of other members accepted here.</param>
/// <param name="Batches">Batches sent, retries included.</param>
/// <param name="Retries">Batches sent again.</param>
/// <param name="Gaps">Losses noted here, for whatever reason.</param>
/// <param name="RoundTrips">How long it took from the sending of a batch until its acknowledgement was here.</param>
[GenerateSerializer, Immutable, Alias("McCache.MulticastSnapshot")]
public sealed record MulticastSnapshot(
    [property: Id(0)] string Provider,
    [property: Id(1)] long Published,
    [property: Id(2)] long Applied,
    [property: Id(3)] long Batches,
    [property: Id(4)] long Retries,
    [property: Id(5)] long Gaps,
    [property: Id(6)] LatencyHistogram RoundTrips);
