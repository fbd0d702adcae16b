namespace McCache;

/// <summary>What has happened to what a silo serves.</summary>
public enum CoherenceEventKind
{
    /// <summary>Frames for this silo, or from it, were lost. What they may have changed is no longer served.</summary>
    Gap = 0,

    /// <summary>A replicated cache lacks changes, and serves nothing until they are mended.</summary>
    Hole = 1,

    /// <summary>Changes of a member that has gone are lost for good: what they may have changed was dropped everywhere.</summary>
    HoleLost = 2,

    /// <summary>Copies of a replicated cache differed although nothing was written: an incoherence. They are being reconciled.</summary>
    Incoherence = 3,

    /// <summary>The silo was not entitled to serve for a while.</summary>
    Lapse = 4,

    /// <summary>The silo goes by a new view of the cluster's membership.</summary>
    Membership = 5,
}

/// <summary>Something that has happened to what a silo serves, and why. Never has a key in it.</summary>
/// <param name="Number">Grows; a silo's own.</param>
/// <param name="Time">When, by the silo's wall clock; of one that has happened several times in a row the last.</param>
/// <param name="Kind">What.</param>
/// <param name="Cause">Why, in words.</param>
/// <param name="Silo">The other silo, where there is one.</param>
/// <param name="Cache">The cache; null for all of them.</param>
/// <param name="Count">How often in a row.</param>
[GenerateSerializer, Immutable, Alias("McCache.CoherenceEvent")]
public sealed record CoherenceEvent(
    [property: Id(0)] long Number,
    [property: Id(1)] DateTimeOffset Time,
    [property: Id(2)] CoherenceEventKind Kind,
    [property: Id(3)] string Cause,
    [property: Id(4)] SiloAddress? Silo,
    [property: Id(5)] string? Cache,
    [property: Id(6)] int Count);
