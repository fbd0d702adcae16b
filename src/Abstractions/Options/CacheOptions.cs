namespace McCache;

/// <summary>Options of one cache, bound from the configuration section <c>McCache:Caches:NAME</c> and checked when the host starts.</summary>
public sealed class CacheOptions
{
    /// <summary>What the other members do when one writes: drop their copy (<see cref="Coherence.Invalidate"/>, the default) or take the value (<see cref="Coherence.Replicate"/>). The same on all members.</summary>
    public Coherence Coherence { get; set; }

    /// <summary>The entries a member holds at most, from 1 to 100,000,000. What leaves is chosen by the eviction policy. Default 100,000, so that no cache grows without a bound.</summary>
    public int MaxEntries { get; set; } = 100_000;

    /// <summary>The bytes a member holds at most, by the cache's measure of size, 1 or more; null (the default) for no such limit.</summary>
    public long? MaxBytes { get; set; }

    /// <summary>How long an entry lives after it was last set: positive, at most ten years; null (the default) for as long as there is room. Counted on each member's own clock.</summary>
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>
    /// What a read does while this member is not entitled to serve: while it can reach neither the others nor the membership table for longer than
    /// <see cref="McCacheOptions.LeaseDuration"/>, or has just been resumed. Default <see cref="StaleReads.Miss"/>.
    /// </summary>
    public StaleReads StaleReads { get; set; }

    /// <summary>Whether an update moves its key to the end of the order. Default false: an update keeps its place, as in <c>OrderedDict</c> and <c>OrderedDictionary</c>.</summary>
    public bool UpdateMovesToLast { get; set; }

    /// <summary>
    /// How recently this member must have read a key for <see cref="CacheChange{TKey}.SinceRead"/> to be reported, from zero to one day. Zero, the default, tracks no
    /// reads. Anything else costs a hit one more write, at most one for each sixteenth of the window.
    /// </summary>
    public TimeSpan ChangeWindow { get; set; }

    /// <summary>
    /// How many of the keys that this member reads most are known to its administration, from 0 to 1,000. 0, the default, counts none; anything else costs one read in sixteen a look-up under a lock that
    /// no reader waits for.
    /// </summary>
    public int TopKeys { get; set; }
}
