using McCache.Stress.Shared;

namespace McCache.Stress;

/// <summary>What a run is asked for.</summary>
internal sealed record StressOptions
{
    internal const int MaxSilos = 20;
    internal const int MaxClients = 16;
    internal const double MaxLossPercent = 90;

    /// <summary>The one fault that only clients can have.</summary>
    internal const string Move = "move";

    internal static readonly IReadOnlyList<string> KnownFaults = ["kill", "pause", "partition", "table", "drop", Move];

    public int Silos { get; init; } = 3;

    /// <summary>Client processes outside the cluster.</summary>
    public int Clients { get; init; }

    /// <summary>All places of the run.</summary>
    internal IEnumerable<Place> Places => Enumerable.Range(0, Silos + Clients).Select(index => new Place(index, Silos));

    public double Minutes { get; init; } = 1;

    public IReadOnlyList<string> Faults { get; init; } = [];

    public Coherence Coherence { get; init; }

    /// <summary>How many of a hundred batches, or of their answers, every silo loses while the load runs, whatever the faults.</summary>
    public double LossPercent { get; init; }

    public double PaceMilliseconds { get; init; } = 1;

    public int Workers { get; init; } = 4;

    public int Keys { get; init; } = 2_000;

    /// <summary>How many of a hundred writes are coherent verbs.</summary>
    public int CoherentPercent { get; init; } = 70;

    /// <summary>Whether coherent verbs leave the cache out, which the check must find.</summary>
    public bool Sabotage { get; init; }

    public int Seed { get; init; }

    public bool IsJson { get; init; }

    public bool UsesLoopback { get; init; }

    /// <summary>Whether silos and clients talk by mutual TLS.</summary>
    public bool UsesTls { get; init; }

    /// <summary>Whether all members seal what they send each other.</summary>
    public bool Seals { get; init; }

    public string? Folder { get; init; }

    /// <summary>What is wrong with the options; null for nothing.</summary>
    internal string? Check()
    {
        var unknown = Faults.FirstOrDefault(fault => !KnownFaults.Contains(fault));
        return unknown is not null ? $"--faults: '{unknown}' is unknown; there are {string.Join(", ", KnownFaults)}, or none."
            : Silos is < 2 or > MaxSilos ? $"--silos is {Silos}; it must be from 2 to {MaxSilos}."
            : Clients is < 0 or > MaxClients ? $"--clients is {Clients}; it must be from 0 to {MaxClients}."
            : Clients == 0 && Faults.Contains(Move) ? $"--faults: '{Move}' needs a client; there are none without --clients."
            : Minutes is not (> 0 and <= 24 * 60) ? $"--minutes is {Minutes}; it must be above 0, at most a day."
            : PaceMilliseconds is not (>= 0 and <= 60_000) ? $"--pace is {PaceMilliseconds}; it must be from 0 to 60000 milliseconds."
            : Workers is < 1 or > 256 ? $"--workers is {Workers}; it must be from 1 to 256."
            : CoherentPercent is < 0 or > 100 ? $"--coherent is {CoherentPercent}; it must be from 0 to 100."
            : LossPercent is not (>= 0 and <= MaxLossPercent) ? $"--loss is {LossPercent}; it must be from 0 to {MaxLossPercent} per cent."
            : Keys is < 1 or > 1_000_000 ? $"--keys is {Keys}; it must be from 1 to 1000000."
            : null;
    }
}
