namespace McCache.Core;

/// <summary>The part of an entry that an eviction policy works on, its queue links and the counter that hits bump, with the rest of what every reader looks at: the runtime lays these fields out together.</summary>
internal abstract class EvictionNode(int hash)
{
    /// <summary>The value at which hits stop bumping <see cref="Frequency"/>, so that hot entries are not written by readers.</summary>
    internal const byte MaxFrequency = 3;

    /// <summary>The hash of the key; ghosts are known by it alone.</summary>
    internal readonly int Hash = hash;

    /// <summary>From when on the entry is not visible any more, by the cache's clock.</summary>
    internal long Expires;

    /// <summary>Hits since the policy last looked, saturating at <see cref="MaxFrequency"/>. Written by readers without a lock: a lost increment is harmless.</summary>
    internal byte Frequency;

    /// <summary>When the entry was last hit, about: milliseconds of the cache's clock, without what is above 32 bits; 0 for never. Written by readers without a lock, and only if the cache has a change window.</summary>
    internal uint LastRead;

    /// <summary>The policy's own mark, such as the queue that the node is on. Changed under the cache's writer lock only.</summary>
    internal byte Queue;

    /// <summary>The policy's own time at which the node came to its place. Changed under the cache's writer lock only.</summary>
    internal uint Stamp;

    /// <summary>The neighbours on the policy's queue. Changed under the cache's writer lock only.</summary>
    internal EvictionNode? Older, Newer;
}

/// <summary>Decides which entry leaves when a limit is passed. Implemented by structs; every call is made under the cache's writer lock.</summary>
/// <remarks>A hit calls nothing here: it bumps <see cref="EvictionNode.Frequency"/> of its node, and that is all a policy learns of it.</remarks>
internal interface IEvictionPolicy
{
    /// <summary>A new entry has come in. It must not be the next one that <see cref="Evict"/> picks unless nothing else is left.</summary>
    void Add(EvictionNode node);

    /// <summary>An entry was updated: <paramref name="successor"/> takes the place of <paramref name="node"/>.</summary>
    void Replace(EvictionNode node, EvictionNode successor);

    /// <summary>An entry has gone by other means than eviction.</summary>
    void Remove(EvictionNode node);

    /// <summary>Chooses a victim and takes it off its queue; null when there is none.</summary>
    EvictionNode? Evict();

    /// <summary>All entries have gone; what was learned of keys may stay.</summary>
    void Clear();
}
