using System.Text.Json.Serialization;

namespace McCache.Demo.Shared;

/// <summary>The first line of a member's stdin: what it needs to know. A member is a silo, or a client outside the cluster.</summary>
/// <param name="Number">1 for the primary, which keeps the cluster's membership table; then up: first all silos, then all clients.</param>
/// <param name="Silos">How many silos there are.</param>
/// <param name="Clients">How many clients there are.</param>
/// <param name="SiloPorts">Where each silo listens to the others.</param>
/// <param name="GatewayPorts">Where each silo listens to clients.</param>
/// <param name="DashboardPort">Where the first silo serves the dashboards.</param>
/// <param name="AllowActs">Whether they may do more than look.</param>
internal sealed record MemberSettings(
    int Number,
    int Silos,
    int Clients,
    string ClusterId,
    int[] SiloPorts,
    int[] GatewayPorts,
    string Folder,
    string Trace,
    double Updates,
    int Seconds,
    Coherence Coherence,
    bool Sabotage,
    int DashboardPort,
    bool AllowActs)
{
    [JsonIgnore]
    public Workspace Workspace => new(Folder);

    [JsonIgnore]
    public bool IsClient => Number > Silos;

    [JsonIgnore]
    public string Name => IsClient ? $"Client {Number - Silos}" : $"Silo {Number}";
}

/// <summary>Later lines of a member's stdin. Its end means that the parent is gone.</summary>
internal static class Orders
{
    /// <summary>All members are ready: start replaying.</summary>
    public const string Replay = "replay";

    /// <summary>End the replay before its time.</summary>
    public const string Finish = "finish";

    /// <summary>Report what the cache holds, in short.</summary>
    public const string Compare = "compare";

    /// <summary>The same, page by page.</summary>
    public const string ComparePages = "compare pages";

    /// <summary>All members have finished: leave.</summary>
    public const string Stop = "stop";
}

/// <summary>How far a member has come.</summary>
internal enum MemberPhase
{
    Starting,

    /// <summary>It runs, alone or with others.</summary>
    Started,

    /// <summary>A silo: it sees all other silos. A client: it has its cache.</summary>
    Ready,

    Replaying,

    /// <summary>It has replayed, and every verb of it has completed. It still serves the others.</summary>
    Finished,
}

/// <summary>A line of a member's stdout: its phase, and what it has counted since the replay began.</summary>
internal sealed record MemberReport
{
    public MemberPhase Phase { get; init; }

    /// <summary>How long the replay has lasted, in seconds.</summary>
    public double Seconds { get; init; }

    public long Requests { get; init; }

    public long Hits { get; init; }

    public long OriginLoads { get; init; }

    public long Updates { get; init; }

    /// <summary><c>RemoveAsync</c> or <c>SetAsync</c> calls that have completed.</summary>
    public long CoherentVerbs { get; init; }

    public long StaleReads { get; init; }

    /// <summary>What the first stale read got, and what it should have.</summary>
    public string? FirstStaleRead { get; init; }

    public long Entries { get; init; }

    public long Bytes { get; init; }

    /// <summary>Frames that this member published, each counted once however many others it went to. A client's is published once more by its gateway, on its behalf.</summary>
    public long MulticastSent { get; init; }

    /// <summary>Frames of others that were applied here.</summary>
    public long MulticastApplied { get; init; }

    /// <summary>How often this client has lost its gateway, and has found another.</summary>
    public int GatewaysLost { get; init; }

    /// <summary>The histogram of write-to-visible times that this member has seen, in microseconds: times and how often they occurred, in turn.</summary>
    public long[] Visible { get; init; } = [];

    /// <summary>What the cache holds; only with the answer to an order to compare.</summary>
    public CopyReport? Copy { get; init; }
}

/// <summary>What a member's cache holds after the replay, to be compared with the others'.</summary>
/// <param name="Digest">The silo's own: of the keys, versions and places of what was replicated. 0 of a client, whose copy is a near cache in either mode and has no versions.</param>
/// <param name="Contents">A hash of the same pages in their order, each with its version and its body.</param>
/// <param name="Order">A hash of the sequence of their keys.</param>
/// <param name="Replicated">How many pages that is.</param>
/// <param name="OldPages">Pages held, replicated or not, that are older than the newest version whose coherent verb has completed; as indexes.</param>
/// <param name="Pages">For each page of the trace, eight bytes that stand for its version and body, zeros if it is not here or was not replicated; null unless asked for, as the next.</param>
/// <param name="Held">For each page of the trace, eight bytes that stand for its content, zeros if it is not here.</param>
internal sealed record CopyReport(ulong Digest, ulong Contents, ulong Order, int Replicated, int[] OldPages, byte[]? Pages, byte[]? Held);

/// <summary>How the messages are written: JSON, one object a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(MemberSettings))]
[JsonSerializable(typeof(MemberReport))]
[JsonSerializable(typeof(Run.Summary))]
internal sealed partial class MessageContext : JsonSerializerContext;
