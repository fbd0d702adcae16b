using System.Diagnostics;

namespace McCache.Stress.Shared;

/// <summary>The monotonic clock, which all processes of one machine share: what one of them notes can be compared with what another one does.</summary>
internal static class MonotonicTime
{
    internal static long Now => Stopwatch.GetTimestamp();

    internal static long After(long start, TimeSpan span) => start + (long)(span.TotalSeconds * Stopwatch.Frequency);

    internal static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;

    internal static double SecondsSince(long start) => Seconds(Now - start);
}
