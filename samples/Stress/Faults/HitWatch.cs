using McCache.Stress.Run;
using McCache.Stress.Shared;

namespace McCache.Stress.Faults;

/// <summary>The hit ratio of the stable keys on the silos that a fault was not done to.</summary>
/// <param name="Before">In the last seconds before it.</param>
/// <param name="During">From its beginning until the cluster had recovered.</param>
internal sealed record HitRatios(double Before, double During)
{
    /// <summary>
    /// The loss that counts as none: a twentieth of a second in the ten or so that a crash takes until the silo is back. The cache owes none at all (nobody writes the stable keys, and
    /// there is room for them), but a machine with more processes than cores may hold up a silo for as long as the last promise it was given lasts.
    /// </summary>
    internal const double Tolerance = 0.005;

    internal bool IsLoss => During < Before - Tolerance;
}

/// <summary>Measures <see cref="HitRatios"/>: made just before the fault.</summary>
internal sealed class HitWatch(Cluster cluster)
{
    private static readonly long s_before = MonotonicTime.After(0, TimeSpan.FromSeconds(3));
    private readonly long _begin = MonotonicTime.Now;
    private readonly (MemberSlot Silo, int Process)[] _silos = [.. cluster.Silos.Select(silo => (silo, silo.Process))];

    /// <summary>Silos that are not the same process any more although nothing was done to them: Orleans has ended them.</summary>
    internal IReadOnlyList<int> Ended(IReadOnlyList<MemberSlot> touched)
        => [.. _silos.Where(silo => !touched.Contains(silo.Silo) && silo.Silo.Process != silo.Process).Select(silo => silo.Silo.Place.Number)];

    /// <param name="touched">The silos to leave out.</param>
    /// <param name="recovered">When the cluster had recovered.</param>
    /// <returns>Null when no silo was left alone.</returns>
    internal HitRatios? Measure(IReadOnlyList<MemberSlot> touched, long recovered)
    {
        (MemberSlot, int)[] rest = [.. _silos.Where(silo => !touched.Contains(silo.Silo))];
        return rest.Length == 0 ? null : new(Ratio(rest, _begin - s_before, _begin), Ratio(rest, _begin, recovered));
    }

    private static double Ratio((MemberSlot Silo, int Process)[] silos, long from, long to)
    {
        var found = silos.Select(silo => silo.Silo.HitsBetween(silo.Process, from, to)).ToArray();
        var (hits, misses) = (found.Sum(silo => silo.Hits), found.Sum(silo => silo.Misses));
        return hits + misses == 0 ? 1 : Math.Round((double)hits / (hits + misses), 4); // too short for one look
    }
}
