using McCache.Stress.Faults;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>Judges a run.</summary>
internal static class Verdict
{
    private const double TolerableLossOfHits = 0.005;

    /// <summary>What went wrong; empty when nothing did.</summary>
    internal static IReadOnlyList<string> Failures(StressOptions options, Numbers total, FaultPlan plan, Cluster cluster, string? givenUp, double? drain, long from, long to)
    {
        List<string> failures = [];
        if (total.StaleReads > 0)
            failures.Add($"{total.StaleReads} reads yielded a value that a completed coherent verb had superseded.");
        if (total.CoherentVerbs == 0)
            failures.Add("No coherent verb completed.");
        if (givenUp is not null)
            failures.Add($"The run was given up: {givenUp}.");
        else if (drain is null)
            failures.Add("After the load had stopped, some silo could not complete a coherent verb.");
        foreach (var fault in options.Faults.Where(fault => (fault == "drop" ? total.Drops : plan.Count(fault)) == 0))
            failures.Add($"The fault '{fault}' never happened.");
        foreach (var silo in cluster.Silos.Where(silo => !silo.Memory.IsBounded(from, to)))
            failures.Add($"The memory of silo {silo.Index + 1} does not level off.");
        return failures;
    }

    /// <summary>What is worth knowing and fails no run.</summary>
    internal static IEnumerable<string> Remarks(Numbers total, HitRatios? kill, HitRatios? table)
    {
        yield return $"{total.Reads:N0} reads were checked against {total.CoherentVerbs:N0} coherent verbs: {(total.StaleReads == 0 ? "none" : $"{total.StaleReads:N0}")} stale.";
        if (kill is not null)
            yield return Describe("Killing a silo", kill);
        if (table is not null)
            yield return Describe("Taking the membership table away", table);
    }

    private static string Describe(string what, HitRatios hits) => hits.During >= hits.Before - TolerableLossOfHits
        ? $"{what} turned no hit elsewhere into a miss."
        : $"{what} cost hits elsewhere: {hits.Before:P1} before, {hits.During:P1} during.";
}
