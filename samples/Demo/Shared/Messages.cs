using System.Text.Json.Serialization;

namespace McCache.Demo.Shared;

/// <summary>The first line of a silo's stdin: what it needs to know.</summary>
/// <param name="Number">1 for the primary, which keeps the cluster's membership table; then up.</param>
/// <param name="Silos">How many there are.</param>
internal sealed record SiloSettings(
    int Number, int Silos, string ClusterId, int SiloPort, int PrimaryPort, string Folder, string Trace, double Updates, int Seconds, bool Sabotage)
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
}

/// <summary>How the messages are written: JSON, one object a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SiloSettings))]
[JsonSerializable(typeof(SiloReport))]
[JsonSerializable(typeof(Run.Summary))]
internal sealed partial class MessageContext : JsonSerializerContext;
