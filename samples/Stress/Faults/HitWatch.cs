using McCache.Stress.Run;
using McCache.Stress.Shared;

namespace McCache.Stress.Faults;

/// <summary>The hit ratio of the stable keys on the silos that a fault leaves alone, before it and during it.</summary>
internal sealed record HitWindow(double Before, double During);

/// <summary>Measures a <see cref="HitWindow"/>: made just before the fault.</summary>
internal sealed class HitWatch(IEnumerable<SiloSlot> silos)
{
    /// <summary>Silos report with this delay at most.</summary>
    internal static readonly TimeSpan ReportDelay = TimeSpan.FromMilliseconds(500);

    private const double SecondsBefore = 3;
    private readonly long _begin = MonotonicTime.Now;
    private readonly (SiloSlot Silo, int Process)[] _silos = [.. silos.Select(silo => (silo, silo.Process))];

    internal HitWindow Measure(long end) => new(Ratio(_begin - MonotonicTime.After(0, TimeSpan.FromSeconds(SecondsBefore)), _begin), Ratio(_begin, end));

    private double Ratio(long from, long to)
    {
        var (hits, misses) = (0L, 0L);
        foreach (var (silo, process) in _silos)
        {
            var found = silo.HitsBetween(process, from, to);
            (hits, misses) = (hits + found.Hits, misses + found.Misses);
        }

        return hits + misses == 0 ? 0 : (double)hits / (hits + misses);
    }
}
