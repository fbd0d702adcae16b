using McCache.Stress.Shared;

namespace McCache.Stress.Network;

/// <summary>How a network can be cut.</summary>
internal enum CutKind
{
    /// <summary>One silo or client from everything, the membership table included.</summary>
    Isolate,

    /// <summary>Two silos, or a client and a silo, from each other.</summary>
    Pair,

    /// <summary>What one silo or client sends does not reach another; the way back is open.</summary>
    OneWay,

    /// <summary>One silo from the membership table.</summary>
    FromTable,

    /// <summary>One silo or client from all other silos, both ways.</summary>
    FromSilos,

    /// <summary>What one silo or client sends does not reach the others; what they send reaches it.</summary>
    Mute,
}

/// <summary>A cut between silos, between a client and silos, or between a silo and the membership table.</summary>
internal sealed record Cut(CutKind Kind, Place Member, Place Other)
{
    public override string ToString() => Kind switch
    {
        CutKind.Isolate => $"{Member} from everything",
        CutKind.Pair => $"{Member} and {Other}",
        CutKind.OneWay => $"{Member} to {Other}",
        CutKind.FromTable => $"{Member} from the table",
        CutKind.FromSilos => $"{Member} from the silos",
        _ => $"{Member} to all silos",
    };
}
