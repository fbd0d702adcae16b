namespace McCache;

/// <summary>What somebody wants to do, and who.</summary>
/// <param name="Operation">What.</param>
/// <param name="Caller">Who.</param>
/// <param name="Cache">The name of the cache, as the caller gave it; null for all caches, and when a client attaches.</param>
public readonly record struct McCacheAccess(McCacheOperation Operation, McCacheCaller Caller, string? Cache);

/// <summary>Who calls.</summary>
/// <param name="Kind">From where.</param>
/// <param name="Id">Orleans' id of the calling grain or client. A client's is a number that it has drawn when it started: it tells clients apart, and is no proof of who they are.</param>
public readonly record struct McCacheCaller(McCacheCallerKind Kind, string Id);

/// <summary>From where a call comes.</summary>
public enum McCacheCallerKind
{
    /// <summary>From outside the cluster, through a gateway; also what cannot be told.</summary>
    Client,

    /// <summary>From a grain, or other code inside a silo.</summary>
    Silo,
}

/// <summary>What can be done to caches from somewhere else.</summary>
public enum McCacheOperation
{
    /// <summary>To ask for statistics or digests.</summary>
    ReadStatistics,

    /// <summary>To ask what is known of an entry, its value aside.</summary>
    ReadMetadata,

    /// <summary>To make silos drop their own copies of an entry, or of a cache, or mend them.</summary>
    Evict,

    /// <summary>To remove entries coherently as one who administers: all, those with a tag, or one by the text of its key.</summary>
    Clear,

    /// <summary>To read entries by calls, or to have copies of a cache in a client.</summary>
    Read,

    /// <summary>To set and remove entries: by keys, by tags, or all of them.</summary>
    Write,

    /// <summary>To become a member, as a client that has copies or multicast streams does.</summary>
    Attach,
}
