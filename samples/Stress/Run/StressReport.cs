using McCache.Stress.Faults;

namespace McCache.Stress.Run;

/// <summary>The result of a run, as <c>--json</c> prints it. Seconds, MiB and shares are rounded.</summary>
internal sealed record StressReport
{
    public required bool Passed { get; init; }

    /// <summary>The verdict in plain words.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }

    public required int Silos { get; init; }

    public required int Clients { get; init; }

    /// <summary>"invalidate" or "replicate".</summary>
    public required string Coherence { get; init; }

    public required double LossPercent { get; init; }

    /// <summary>Whether all connections were protected by mutual TLS.</summary>
    public required bool Tls { get; init; }

    /// <summary>Whether all members sealed what they sent each other.</summary>
    public required bool Sealed { get; init; }

    public required double Seconds { get; init; }

    public required int Seed { get; init; }

    public required string Network { get; init; }

    public required long Operations { get; init; }

    public required double OperationsPerSecond { get; init; }

    public required long Mutations { get; init; }

    public required double MutationsPerSecond { get; init; }

    /// <summary>Frames multicast, one for each mutation whatever the number of silos; and for each coherent verb by which the tool waits for the silos.</summary>
    public required long FramesPublished { get; init; }

    /// <summary>Frames applied by those who received them: without faults, each by all silos but one.</summary>
    public required long FramesApplied { get; init; }

    /// <summary>Reads that were checked, those of the auditor included.</summary>
    public required long Reads { get; init; }

    public required long CoherentVerbs { get; init; }

    /// <summary>Coherent verbs that threw, or whose caller gave up: they promise nothing.</summary>
    public required long FailedVerbs { get; init; }

    public required long StaleReads { get; init; }

    /// <summary>The clients' share of <see cref="Reads"/>, as the next three of what their names say.</summary>
    public required long ClientReads { get; init; }

    public required long ClientVerbs { get; init; }

    public required long ClientFailedVerbs { get; init; }

    public required long ClientStaleReads { get; init; }

    /// <summary>How often clients went from one gateway to another.</summary>
    public required long Moves { get; init; }

    /// <summary>The longest time without a gateway that let it serve, of clients that the fault was not done to; null when there was none to see.</summary>
    public required double? LongestOutageSeconds { get; init; }

    /// <summary>The longest coherent verb of others while something was done to a client; null when nothing was.</summary>
    public required double? LongestVerbDuringClientFaultSeconds { get; init; }

    /// <summary>Clients that were dead or had gone elsewhere for longer than their lease, and about which silos kept something.</summary>
    public required int? ClientsKept { get; init; }

    /// <summary>Coherent verbs that had neither returned nor failed when the load had stopped for longer than they may take.</summary>
    public required int? HungVerbs { get; init; }

    /// <summary>Where values travel: keys that clients held in the end as the silos did, on the client that had fewest; null without clients.</summary>
    public required int? ClientKeys { get; init; }

    /// <summary>Whether all silos had the same digest after the load; null where values do not travel, as the next three.</summary>
    public required bool? DigestsEqual { get; init; }

    /// <summary>Whether all silos had the keys that were replicated in the same order.</summary>
    public required bool? SequencesEqual { get; init; }

    /// <summary>How many keys those are, on the silo that had fewest.</summary>
    public required int? ReplicatedKeys { get; init; }

    /// <summary>After the load has drained, until all copies were the same; null also when they did not become so.</summary>
    public required double? ConvergenceSeconds { get; init; }

    /// <summary>
    /// Keys of which some silo or client, after the load, held a copy older than the newest version whose coherent verb had completed; where values travel also those that not all silos
    /// had in the same version and with the same value, and those that a client held with another value than a silo.
    /// </summary>
    public required int IncoherentKeys { get; init; }

    /// <summary>The first of them.</summary>
    public required IReadOnlyList<int> IncoherentKeyIndexes { get; init; }

    public required int Kills { get; init; }

    public required int Pauses { get; init; }

    public required int Partitions { get; init; }

    public required int TableOutages { get; init; }

    /// <summary>Batches, or answers to batches, lost on purpose.</summary>
    public required long Drops { get; init; }

    /// <summary>Losses that silos have noted on the way: each costs copies.</summary>
    public required long Gaps { get; init; }

    /// <summary>Silos started again because Orleans had ended them.</summary>
    public required int Restarts { get; init; }

    /// <summary>Silos started again because they had ended before they were up.</summary>
    public required int FailedStarts { get; init; }

    public required double LongestVerbSeconds { get; init; }

    /// <summary>Of the stable keys on the survivors, in the seconds before the kill that cost most; null without a kill.</summary>
    public required double? HitRatioBefore { get; init; }

    /// <summary>The same from the kill until the silo was back.</summary>
    public required double? HitRatioDuringCrash { get; init; }

    /// <summary>The same on all silos, during the outage of the membership table that cost most; null without one.</summary>
    public required double? HitRatioDuringTableOutage { get; init; }

    /// <summary>After the load has stopped, until a coherent verb of everybody has returned; null when one could not.</summary>
    public required double? DrainSeconds { get; init; }

    /// <summary>By silo ("1") and client ("client 1"), as the next two.</summary>
    public required IReadOnlyDictionary<string, long> MaxRssMiB { get; init; }

    public required IReadOnlyDictionary<string, long> MidpointRssMiB { get; init; }

    public required IReadOnlyDictionary<string, long> EndRssMiB { get; init; }

    public required IReadOnlyList<FaultRecord> Faults { get; init; }
}
