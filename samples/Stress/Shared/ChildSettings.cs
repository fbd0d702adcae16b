namespace McCache.Stress.Shared;

/// <summary>What a silo or client process is started with.</summary>
internal sealed record MemberSettings
{
    public required Place Place { get; init; }

    /// <summary>The number of this process, from 1, unique within the run.</summary>
    public required int Process { get; init; }

    public required string ClusterId { get; init; }

    /// <summary>Where each silo is; a client knows them all as gateways.</summary>
    public required SiloPlace[] Silos { get; init; }

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

    /// <summary>Whether connections are protected, with the certificates that lie in the folder.</summary>
    public required bool Tls { get; init; }

    /// <summary>Whether it seals what it sends, with the secret that lies in the folder.</summary>
    public required bool Seals { get; init; }
}

/// <summary>Where a silo listens to others, and to clients.</summary>
internal sealed record SiloPlace(string Address, int SiloPort, int GatewayPort);

/// <summary>What the membership table's process is started with.</summary>
internal sealed record TableSettings(string Address, int Port, string Folder);

/// <summary>Where the files of a run are.</summary>
internal static class RunFiles
{
    internal static string Keys(string folder) => Path.Combine(folder, "keys");

    internal static string Ring(string folder, Place place) => Path.Combine(folder, $"{NameOf(place)}.events");

    /// <summary>What a child has printed that was no report.</summary>
    internal static string Output(string folder, Place? place) => Path.Combine(folder, $"{(place is { } known ? NameOf(known) : "table")}.out");

    internal static string Log(string folder, Place place) => Path.Combine(folder, $"{NameOf(place)}.log");

    internal static string Store(string folder) => Path.Combine(folder, "table");

    /// <summary>The certificate of the run's own authority.</summary>
    internal static string Authority(string folder) => Path.Combine(folder, "authority.crt");

    internal static string Certificate(string folder, bool isClient) => Path.Combine(folder, isClient ? "client.crt" : "silo.crt");

    internal static string PrivateKey(string folder, bool isClient) => Path.ChangeExtension(Certificate(folder, isClient), ".key");

    /// <summary>What all members seal with.</summary>
    internal static string Secret(string folder) => Path.Combine(folder, "secret");

    private static string NameOf(Place place) => place.ToString().Replace(' ', '-');
}
