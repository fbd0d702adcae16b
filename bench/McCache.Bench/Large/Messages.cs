using System.Text.Json;

namespace McCache.Bench.Large;

/// <summary>The first line of a silo's standard input.</summary>
/// <param name="Number">From 1, the primary, which keeps the membership table.</param>
/// <param name="Silos">How many there are.</param>
/// <param name="ClusterId">Of this run only.</param>
/// <param name="SiloPort">Where this one listens.</param>
/// <param name="PrimaryPort">Where the primary does.</param>
internal sealed record SiloSettings(int Number, int Silos, string ClusterId, int SiloPort, int PrimaryPort);

/// <summary>A line of a child's standard input. Its end means that the parent is gone, or wants the child to end.</summary>
/// <param name="Id">Returned with the answer.</param>
/// <param name="Do">One of the constants.</param>
/// <param name="Bytes">The size of a value.</param>
/// <param name="Round">What tells a value from others of its size.</param>
/// <param name="Seconds">How long.</param>
/// <param name="Port">Where the receiver of raw copies listens.</param>
internal sealed record Order(int Id, string Do, long Bytes = 0, long Round = 0, double Seconds = 0, int Port = 0)
{
    /// <summary>A silo: set a value, and read it. Starts and ends are noted.</summary>
    public const string Put = "put";

    /// <summary>A silo: wait until a read yields the value of a size and round.</summary>
    public const string Await = "await";

    /// <summary>A silo: hash the value that a read yields.</summary>
    public const string Check = "check";

    /// <summary>A silo: set values of 64 bytes, one at a time, for some seconds.</summary>
    public const string Verbs = "verbs";

    /// <summary>A silo: remove the value everywhere.</summary>
    public const string Remove = "remove";

    /// <summary>The primary: count the votes against silos, and silos that are not active.</summary>
    public const string Suspected = "suspected";

    /// <summary>The sender of raw copies: connect.</summary>
    public const string Connect = "connect";

    /// <summary>The sender of raw copies: send, and wait for the receiver's word that all is there.</summary>
    public const string Send = "send";

    /// <summary>Any child: answer. Orders before it have been begun.</summary>
    public const string Ping = "ping";
}

/// <summary>A line of a child's standard output.</summary>
/// <param name="Id">The order's; 0 when the child says that it is up.</param>
/// <param name="Start">When it began, on the monotonic clock that the processes of a machine share.</param>
/// <param name="End">When it ended, on the same clock.</param>
/// <param name="Number">Whatever was asked for: a hash, a count, a port.</param>
/// <param name="Times">A histogram in microseconds: times and how often they occurred, in turn.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record Answer(int Id, long Start = 0, long End = 0, ulong Number = 0, long[]? Times = null, string? Error = null);

/// <summary>One JSON object a line.</summary>
internal static class Wire
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);

    public static string ToLine<T>(T message) => JsonSerializer.Serialize(message, s_options);

    public static T FromLine<T>(string? line) => JsonSerializer.Deserialize<T>(line ?? "null", s_options) ?? throw new InvalidDataException("This command is the benchmark's own; run 'large'.");
}
