namespace McCache.Stress.Network;

/// <summary>How a network can be cut.</summary>
internal enum CutKind
{
    /// <summary>One silo from everything, the membership table included.</summary>
    Isolate,

    /// <summary>Two silos from each other.</summary>
    Pair,

    /// <summary>What one silo sends does not reach another; the way back is open.</summary>
    OneWay,

    /// <summary>One silo from the membership table.</summary>
    FromTable,

    /// <summary>One silo from all other silos, both ways.</summary>
    FromSilos,

    /// <summary>What one silo sends does not reach the others; what they send reaches it.</summary>
    Mute,
}

/// <summary>A cut between silos, or between a silo and the membership table. Silos count from 0.</summary>
internal sealed record Cut(CutKind Kind, int Silo, int Other)
{
    public override string ToString() => Kind switch
    {
        CutKind.Isolate => $"silo {Silo + 1} from everything",
        CutKind.Pair => $"silo {Silo + 1} and silo {Other + 1}",
        CutKind.OneWay => $"silo {Silo + 1} to silo {Other + 1}",
        CutKind.FromTable => $"silo {Silo + 1} from the table",
        CutKind.FromSilos => $"silo {Silo + 1} from the silos",
        _ => $"silo {Silo + 1} to all silos",
    };
}
