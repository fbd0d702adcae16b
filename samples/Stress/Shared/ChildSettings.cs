namespace McCache.Stress.Shared;

/// <summary>What a silo process is started with.</summary>
internal sealed record SiloSettings
{
    /// <summary>The silo's place in the cluster, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The number of this process, from 1, unique within the run.</summary>
    public required int Process { get; init; }

    public required string ClusterId { get; init; }

    public required string Address { get; init; }

    public required int SiloPort { get; init; }

    public required int GatewayPort { get; init; }

    /// <summary>Where the membership table is, as host:port.</summary>
    public required string Table { get; init; }

    /// <summary>The folder of the run: shared memory, rings, logs.</summary>
    public required string Folder { get; init; }

    public required int Workers { get; init; }

    public required double PaceMilliseconds { get; init; }

    public required int CoherentPercent { get; init; }

    public required Coherence Coherence { get; init; }

    /// <summary>The share of batches that is lost while the load runs, 0 to 1.</summary>
    public required double Loss { get; init; }

    public required bool Sabotage { get; init; }

    public required int Seed { get; init; }
}

/// <summary>What the membership table's process is started with.</summary>
internal sealed record TableSettings(string Address, int Port, string Folder);

/// <summary>Where the files of a run are.</summary>
internal static class RunFiles
{
    internal static string Keys(string folder) => Path.Combine(folder, "keys");

    internal static string Ring(string folder, int silo) => Path.Combine(folder, $"silo-{silo}.events");

    /// <summary>What a child has printed that was no report.</summary>
    internal static string Output(string folder, int? silo) => Path.Combine(folder, silo is null ? "table.out" : $"silo-{silo}.out");

    internal static string Log(string folder, int silo) => Path.Combine(folder, $"silo-{silo}.log");

    internal static string Store(string folder) => Path.Combine(folder, "table");
}
