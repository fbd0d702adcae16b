namespace McCache.Simulation.Tests;

/// <summary>What may happen in a run. All of it is counted, so that a test can say that it did happen: a simulation without faults finds none.</summary>
internal enum Seen
{
    // The network.
    Lost,
    LostToCut,
    Duplicated,
    Reordered,
    TimedOut,

    // Silos.
    Joined,
    RestartedAtItsAddress,
    Paused,
    PausedForLongerThanTheLease,
    Crashed,
    CrashedMidMulticast,
    ShutDown,
    ClocksJumped,
    EndedAsZombie,

    // Partitions.
    Cut,
    CutOneWay,
    Isolated,
    Split,

    // The membership.
    TableCut,
    TableOutage,
    GossipLost,
    GossipLate,
    DeclaredDeadAlive,
    RowVanished,

    // The protocol.
    Flooded,
    LaneOverflowed,
    GapNoted,
    Relayed,
    AskRefused,
    Lapsed,
    SelfDeadNoticed,

    // Replicated caches.
    Overruled,
    MadeAgain,
    StateMerged,
    CameLate,
    HoleLost,
    LargePulled,

    // Clients.
    ClientStarted,
    ClientAttached,
    ClientRefused,
    ClientDismissed,
    ClientPaused,
    ClientPausedForLongerThanItsLease,
    ClientCut,
    ClientCrashed,
    ClientLeft,
    ClientMoved,
    ClientFlooded,
    CallStrayed,
    ClientOfTwoGateways,
    ClientGapNoted,
    ClientToldAgain,
    MadeForClient,
    ClientHit,
    ClientHitWithoutGateway,
    ReadThrough,
    ReadThroughMissed,

    // The load.
    HitByPromise,
    HitByTable,
    HitWithoutTable,
    HitWhileOneIsHung,
    HitInEnumeration,
    Missed,
    FillLed,
    FillJoined,
    VerbCompleted,
    VerbFailed,
    DictionaryVerb,
    Popped,
    Moved,
}

/// <summary>How often everything was seen.</summary>
internal sealed class Tally
{
    private readonly long[] _counts = new long[Enum.GetValues<Seen>().Length];

    internal long this[Seen what] => _counts[(int)what];

    internal void Add(Seen what, long count = 1) => _counts[(int)what] += count;

    internal void Add(Tally other)
    {
        foreach (var what in Enum.GetValues<Seen>())
            Add(what, other[what]);
    }

    public override string ToString() => string.Join(", ", Enum.GetValues<Seen>().Select(what => $"{what} {this[what]}"));
}
