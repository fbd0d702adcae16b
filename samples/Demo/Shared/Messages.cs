using System.Text.Json.Serialization;

namespace McCache.Demo.Shared;

/// <summary>The first line of a silo's stdin: what it needs to know.</summary>
/// <param name="Number">1 for the primary, which keeps the cluster's membership table; then up.</param>
/// <param name="Silos">How many there are.</param>
internal sealed record SiloSettings(
    int Number,
    int Silos,
    string ClusterId,
    int SiloPort,
    int PrimaryPort,
    string Folder,
    string Trace,
    double Updates,
    int Seconds,
    Coherence Coherence,
    bool Sabotage)
{
    [JsonIgnore]
    public Workspace Workspace => new(Folder);
}

/// <summary>Later lines of a silo's stdin. Its end means that the parent is gone.</summary>
internal static class Orders
{
    /// <summary>All silos are ready: start replaying.</summary>
    public const string Replay = "replay";

    /// <summary>End the replay before its time.</summary>
    public const string Finish = "finish";

    /// <summary>Report what the cache holds, in short.</summary>
    public const string Compare = "compare";

    /// <summary>The same, page by page.</summary>
    public const string ComparePages = "compare pages";

    /// <summary>All silos have finished: leave.</summary>
    public const string Stop = "stop";
}

/// <summary>How far a silo has come.</summary>
internal enum SiloPhase
{
    Starting,

    /// <summary>The silo runs, alone or with others.</summary>
    Started,

    /// <summary>It sees all other silos.</summary>
    Ready,

    Replaying,

    /// <summary>It has replayed, and every verb of it has completed. It still serves the others.</summary>
    Finished,
}

/// <summary>A line of a silo's stdout: its phase, and what it has counted since the replay began.</summary>
internal sealed record SiloReport
{
    public SiloPhase Phase { get; init; }

    /// <summary>How long the replay has lasted, in seconds.</summary>
    public double Seconds { get; init; }

    public long Requests { get; init; }

    public long Hits { get; init; }

    public long OriginLoads { get; init; }

    public long Updates { get; init; }

    /// <summary><c>RemoveAsync</c> calls that have completed.</summary>
    public long CoherentVerbs { get; init; }

    public long StaleReads { get; init; }

    /// <summary>What the first stale read got, and what it should have.</summary>
    public string? FirstStaleRead { get; init; }

    public long Entries { get; init; }

    public long Bytes { get; init; }

    /// <summary>Frames that this silo sent to the others, each counted once however many silos it went to.</summary>
    public long MulticastSent { get; init; }

    /// <summary>Frames of other silos that were applied here.</summary>
    public long MulticastApplied { get; init; }

    /// <summary>The histogram of write-to-visible times that this silo has seen, in microseconds: times and how often they occurred, in turn.</summary>
    public long[] Visible { get; init; } = [];

    /// <summary>What the cache holds; only with the answer to an order to compare.</summary>
    public CopyReport? Copy { get; init; }
}

/// <summary>What a silo's cache holds after the replay, to be compared with the others'.</summary>
/// <param name="Digest">The silo's own: of the keys, versions and places of what was replicated.</param>
/// <param name="Contents">A hash of the same pages in their order, each with its version and its body.</param>
/// <param name="Order">A hash of the sequence of their keys.</param>
/// <param name="Replicated">How many pages that is.</param>
/// <param name="OldPages">Pages held, replicated or not, that are older than the newest version whose coherent verb has completed; as indexes.</param>
/// <param name="Pages">For each page of the trace, eight bytes that stand for its version and body, zeros if it is not here or was not replicated; null unless asked for.</param>
internal sealed record CopyReport(ulong Digest, ulong Contents, ulong Order, int Replicated, int[] OldPages, byte[]? Pages);

/// <summary>How the messages are written: JSON, one object a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SiloSettings))]
[JsonSerializable(typeof(SiloReport))]
[JsonSerializable(typeof(Run.Summary))]
internal sealed partial class MessageContext : JsonSerializerContext;
