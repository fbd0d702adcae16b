using System.Text.Json;

namespace McCache.Bench.Processes;

/// <summary>The first line of a silo's standard input.</summary>
/// <param name="Number">From 1, the primary, which keeps the membership table.</param>
/// <param name="Silos">How many there are.</param>
/// <param name="ClusterId">Of this run only.</param>
/// <param name="SiloPort">Where this one listens.</param>
/// <param name="PrimaryPort">Where the primary does.</param>
/// <param name="Secret">What the silos seal with; null for nothing.</param>
internal record SiloSettings(int Number, int Silos, string ClusterId, int SiloPort, int PrimaryPort, string? Secret = null);

/// <summary>A line of a child's standard input. Its end means that the parent is gone, or wants the child to end.</summary>
/// <param name="Id">Returned with the answer.</param>
/// <param name="Do">What to do; each kind of child has its own words.</param>
/// <param name="Bytes">The size of a value.</param>
/// <param name="Round">What tells a value from others of its size.</param>
/// <param name="Seconds">How long.</param>
/// <param name="Port">Where the other end listens.</param>
/// <param name="Path">What is measured, by its number.</param>
/// <param name="Count">How many.</param>
internal sealed record Order(int Id, string Do, long Bytes = 0, long Round = 0, double Seconds = 0, int Port = 0, int Path = 0, int Count = 0)
{
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
internal static class JsonLines
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);

    public static string ToLine<T>(T message) => JsonSerializer.Serialize(message, s_options);

    public static T FromLine<T>(string? line) => JsonSerializer.Deserialize<T>(line ?? "null", s_options) ?? throw new InvalidDataException("This command is the benchmark's own.");
}
