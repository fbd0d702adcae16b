namespace McCache.Bench.Scale;

/// <summary>From which number of silos on it would pay to send to a few, who tell the others.</summary>
internal static class RelayTree
{
    private const double WritesPerSecond = 10_000;
    private const double UplinkBytesPerSecond = 1e9 / 8 / 4;

    /// <param name="measured">The rows of real silos.</param>
    /// <param name="simulated">Those of simulated ones, by number.</param>
    /// <param name="hop">What a message to another silo takes, in nanoseconds.</param>
    public static string Advise(IReadOnlyList<ScaleRow> measured, IReadOnlyList<ScaleRow> simulated, double hop)
    {
        var (few, many, bytes) = (simulated[0], simulated[^1], measured[^1].LaneBytesPerWrite);
        var lane = (many.NsPerWrite - few.NsPerWrite) / (many.Silos - few.Silos);
        var byTime = few.Silos + ((hop - few.NsPerWrite) / lane);
        var byBytes = 1 + (UplinkBytesPerSecond / (WritesPerSecond * bytes));
        return $"A relay tree would pay from about {byTime:N0} silos on by time: each lane costs the caller of a write {lane:N0} ns, a message to another silo takes {hop / 1e3:N0} µs; "
            + $"and from about {byBytes:N0} on by bytes: a silo that makes {WritesPerSecond:N0} writes a second sends {bytes:N0} bytes a write to each other, and shall fill a quarter of 1 Gbit/s.";
    }
}
