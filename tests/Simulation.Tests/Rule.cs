namespace McCache.Simulation.Tests;

/// <summary>A rule of the protocol that a mutation takes out; docs/protocol.md says what each is for.</summary>
public enum Rule
{
    None,

    /// <summary>A fill that overlaps an invalidation is cached all the same.</summary>
    Fence,

    /// <summary>A starting silo trusts a read of the table that is older than its own activation.</summary>
    FreshView,

    /// <summary>A starting silo serves as soon as everybody has promised.</summary>
    StartWait,

    /// <summary>A silo serves without promises and without a recent look at the table.</summary>
    ValidReader,

    /// <summary>A publisher stops waiting for a silo the moment it learns of its death.</summary>
    DeadWait,

    /// <summary>A publisher completes although it may itself have been declared dead.</summary>
    ValidWriter,

    /// <summary>A silo promises without first catching up with the asker's membership version.</summary>
    MinVersion,

    /// <summary>A promise is counted although the promiser's view is newer than the asker's.</summary>
    ViewGate,

    /// <summary>Both of these: each alone is made up for by the other.</summary>
    MinVersionAndViewGate,

    /// <summary>A promise is counted from when it arrived instead of from when it was asked for.</summary>
    AskTime,

    /// <summary>A silo caches fills before it has started.</summary>
    EarlyFill,

    /// <summary>A read joins a running fill whenever no invalidation has broken it, also across a lapse of validity.</summary>
    Join,

    /// <summary>A silo that leaves says goodbye first, and serves on.</summary>
    EarlyGoodbye,

    /// <summary>A promise is given before there is a lane to the asker.</summary>
    LaneFirst,

    /// <summary>What a silo was valid for under an older view never ends.</summary>
    KeptValidity,

    /// <summary>A loss of frames drops nothing.</summary>
    Gap,

    // Replicated caches.

    /// <summary>A removal leaves nothing behind.</summary>
    Tombstone,

    /// <summary>Tombstones are forgotten by the own clock instead of below the watermarks of all others.</summary>
    Watermark,

    /// <summary>Reconciliation only adds.</summary>
    Drop,

    /// <summary>A silo does not say that somebody lacks what it had published before a lane began.</summary>
    Earlier,

    /// <summary>Digests are not compared.</summary>
    Digest,

    /// <summary>A receiver that holds something newer does not say so.</summary>
    Overrule,

    /// <summary>What is told on by another is taken as if it came from its publisher in turn.</summary>
    Late,

    /// <summary>What a silo that died half-way had published is not told on.</summary>
    Relay,

    // Clients.

    /// <summary>A client serves on when its lease has run out.</summary>
    ClientLease,

    /// <summary>A gateway grants for longer than it may serve itself.</summary>
    GatewayValidity,

    /// <summary>A gateway says settled before its clients have heard.</summary>
    ClientSettled,

    /// <summary>A client that has attached to a gateway goes on with what it held.</summary>
    AttachDrop,

    /// <summary>What a gateway has lost is not told to its clients.</summary>
    ClientGap,

    /// <summary>A gateway answers a client although it has not all that the client had published.</summary>
    ReadAfter,

    /// <summary>A client that has set what its gateway has not made yet does not say so to others who write.</summary>
    PendingSets,

    /// <summary>A client serves a stream before the gateway tells it of it.</summary>
    Interest,

    /// <summary>A gateway says goodbye while clients may serve on its word.</summary>
    ClientGoodbye,

    /// <summary>What a dictionary verb of a client has set is told to the next gateway as it is, not as a removal.</summary>
    Again,
}
