using System.Text.Json;
using System.Text.Json.Serialization;

namespace McCache.Stress.Shared;

/// <summary>Names of what the parent tells a child, one JSON object a line.</summary>
internal static class Orders
{
    internal const string Load = "load";
    internal const string Stop = "stop";
    internal const string Verb = "verb";
    internal const string Drop = "drop";
    internal const string Stall = "stall";

    /// <summary>A client: leave the gateway, and do not come back to it until the order comes again without <see cref="Order.Out"/>.</summary>
    internal const string Move = "move";

    /// <summary>What the cache holds.</summary>
    internal const string Compare = "compare";

    /// <summary>What has happened since it was asked last; and the numbers, which come with every answer.</summary>
    internal const string Count = "count";
}

/// <summary>What the parent tells a child.</summary>
/// <param name="Do">One of <see cref="Orders"/>.</param>
/// <param name="Id">Returned with the answer.</param>
/// <param name="Share">Drop: the share of batches to lose, 0 to 1.</param>
/// <param name="In">Stall: whether nothing comes in.</param>
/// <param name="Out">Stall: whether nothing goes out. Move: whether the gateway is to be left.</param>
/// <param name="ByKey">Compare: whether to list the keys.</param>
/// <param name="Describe">Compare: keys to describe in words.</param>
internal sealed record Order(string Do, int Id = 0, double Share = 0, bool In = false, bool Out = false, bool ByKey = false, int[]? Describe = null);

/// <summary>What a child tells the parent, one JSON object a line; each has one part.</summary>
internal sealed record Report
{
    /// <summary>The child is up: a silo has started, the table takes connections.</summary>
    public bool? Ready { get; init; }

    /// <summary>An order has been carried out.</summary>
    public Answer? Answer { get; init; }

    public Numbers? Numbers { get; init; }

    public StaleRead? Stale { get; init; }
}

/// <summary>The answer to an order.</summary>
/// <param name="Id">The order's.</param>
/// <param name="At">When it was done, on the monotonic clock.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="Copy">Compare: what the cache holds.</param>
/// <param name="Since">Count: what has happened since it was asked last.</param>
internal sealed record Answer(int Id, long At, string? Error = null, CopyReport? Copy = null, Since? Since = null);

/// <summary>What has happened in a process since it was asked last.</summary>
/// <param name="LongestVerbSeconds">The longest coherent verb, from call to return.</param>
/// <param name="LongestOutageSeconds">A client: the longest time in which no gateway let it serve. It may have begun earlier.</param>
internal sealed record Since(double LongestVerbSeconds, double LongestOutageSeconds);

/// <summary>What a member's cache holds after the load, to be compared with the others'. Of the keys that are written only.</summary>
/// <param name="Digest">The silo's own: of the keys, versions and places of what was replicated. 0 of a client, whose copy is a near cache in either mode and has no versions.</param>
/// <param name="Contents">A hash of what was replicated, key by key in order, with versions and values.</param>
/// <param name="Order">A hash of the sequence of those keys.</param>
/// <param name="Replicated">How many they are.</param>
/// <param name="OldKeys">Keys whose copy, replicated or not, is older than the newest version whose coherent verb has completed.</param>
/// <param name="Keys">For each key, eight bytes that stand for its version and value, zeros if it is not here or was not replicated; null unless asked for, as the next.</param>
/// <param name="Values">For each key, its value: in a silo if it was replicated, in a client unless its own factory made it; 0 if not, or if it is not here.</param>
/// <param name="Described">The keys that were asked for, in words.</param>
internal sealed record CopyReport(ulong Digest, ulong Contents, ulong Order, int Replicated, int[] OldKeys, byte[]? Keys, long[]? Values, string[]? Described);

/// <summary>What a process has counted since it started.</summary>
internal sealed record Numbers
{
    public long Operations { get; init; }

    public long Mutations { get; init; }

    public long Reads { get; init; }

    public long CoherentVerbs { get; init; }

    public long FailedVerbs { get; init; }

    public long StaleReads { get; init; }

    public long Drops { get; init; }

    /// <summary>Frames that the multicast has taken to send to every other silo; in a client, to its gateway, which sends them once more on its behalf.</summary>
    public long Published { get; init; }

    /// <summary>Frames of others that the multicast has applied here.</summary>
    public long Applied { get; init; }

    /// <summary>Losses that the multicast has noted: each costs copies.</summary>
    public long Gaps { get; init; }

    /// <summary>A silo: the clients that it keeps something about.</summary>
    public int Attached { get; init; }

    /// <summary>A client: how often it has gone from one gateway to another.</summary>
    public long Moves { get; init; }

    public int VerbsInFlight { get; init; }

    public int Entries { get; init; }

    public double HitRatio { get; init; }

    public double LongestVerbSeconds { get; init; }

    /// <summary>How the stable keys fared since the last report.</summary>
    public HitBucket[] Hits { get; init; } = [];
}

/// <summary>Hits and misses among the stable keys in a span of time.</summary>
/// <param name="At">The beginning of the span, on the monotonic clock.</param>
/// <param name="Hits">Keys found.</param>
/// <param name="Misses">Keys not found.</param>
internal sealed record HitBucket(long At, int Hits, int Misses);

/// <summary>A violation of P1: a read that started when the coherent write of <paramref name="Floor"/> had returned yielded an older value.</summary>
internal sealed record StaleRead(int Key, long Value, long Floor, string How, long Start, long End);

/// <summary>Lines on pipes.</summary>
internal static class Wire
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    internal static string ToLine<T>(T message) => JsonSerializer.Serialize(message, s_options);

    /// <summary>Null for a line that is no message: a library may print whatever it likes.</summary>
    internal static T? FromLine<T>(string line)
        where T : class
    {
        try
        {
            return line.StartsWith('{') ? JsonSerializer.Deserialize<T>(line, s_options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
