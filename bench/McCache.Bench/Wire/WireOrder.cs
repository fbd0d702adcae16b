using McCache.Bench.Processes;

namespace McCache.Bench.Wire;

/// <summary>The first line of a silo's standard input.</summary>
/// <inheritdoc cref="SiloSettings" path="/param"/>
/// <param name="Board">The file that all map.</param>
/// <param name="RedisPort">Where FusionCache finds its server.</param>
/// <param name="IsObserved">Whether somebody looks at each frame that has been applied.</param>
#pragma warning disable CS1573 // inherited
internal sealed record WireSettings(int Number, int Silos, string ClusterId, int SiloPort, int PrimaryPort, string Board, int RedisPort, bool IsObserved)
    : SiloSettings(Number, Silos, ClusterId, SiloPort, PrimaryPort);
#pragma warning restore CS1573

/// <summary>What the processes of these benchmarks are told to do.</summary>
internal static class WireOrder
{
    /// <summary>Any child: run on these cores only.</summary>
    public const string Pin = "pin";

    /// <summary>A silo: connect to the port of another.</summary>
    public const string Connect = "connect";

    /// <summary>A silo: get ready for a round of a path, as its writer when seconds are not 0.</summary>
    public const string Begin = "begin";

    /// <summary>A silo: the round is over.</summary>
    public const string End = "end";

    /// <summary>The writer: measure a count of writes, from a number on, or as many as there is time for.</summary>
    public const string Measure = "measure";

    /// <summary>The writer: measure while a second writer sets other keys.</summary>
    public const string MeasureLoaded = "measure-loaded";

    /// <summary>A silo: get ready for so many keys of a publisher.</summary>
    public const string Prepare = "prepare";

    /// <summary>A publisher: write for some seconds, and wait until all have come.</summary>
    public const string Flood = "flood";

    /// <summary>A publisher: write a count, synchronously, and don't wait.</summary>
    public const string Burst = "burst";

    /// <summary>A silo: count the keys of a publisher that are not as its writes have left them.</summary>
    public const string Check = "check";

    /// <summary>A silo: the gaps noted so far.</summary>
    public const string Gaps = "gaps";

    public static Task<Answer> CarryOutByAllAsync(Order order)
    {
        if (order.Do == Pin)
            Placement.Pin(order.Bytes);
        return Task.FromResult(new Answer(0));
    }
}
