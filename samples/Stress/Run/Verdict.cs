using McCache.Stress.Faults;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>Judges a run.</summary>
internal static class Verdict
{
    /// <summary>What went wrong; empty when nothing did.</summary>
    internal static IReadOnlyList<string> Failures(StressOptions options, Numbers total, FaultPlan plan, Cluster cluster, string? givenUp, double? drain, long from, long to)
    {
        List<string> failures = [];
        if (total.StaleReads > 0)
            failures.Add($"{total.StaleReads} reads yielded a value that a completed coherent verb had superseded.");
        if (total.CoherentVerbs == 0 && options.CoherentPercent > 0)
            failures.Add("No coherent verb completed.");
        if (givenUp is not null)
            failures.Add($"The run was given up: {givenUp}.");
        else if (drain is null)
            failures.Add("After the load had stopped, some silo could not complete a coherent verb.");
        foreach (var fault in options.Faults.Where(fault => (fault == "drop" ? total.Drops : plan.Count(fault)) == 0))
            failures.Add($"The fault '{fault}' never happened.");
        failures.AddRange(plan.Records.Where(record => record is { Fault: "kill" or "table", Hits.IsLoss: true }).Select(record =>
            $"\"{record.What}\" cost hits on silos that nothing was done to: {record.Hits!.Before:P1} before, {record.Hits.During:P1} from then until the cluster had recovered."));
        foreach (var silo in cluster.Silos.Where(silo => !silo.Memory.IsBounded(from, to)))
            failures.Add($"The memory of silo {silo.Index + 1} does not level off.");
        return failures;
    }

    /// <summary>What is worth knowing and fails no run.</summary>
    internal static IEnumerable<string> Remarks(Numbers total, FaultPlan plan)
    {
        yield return $"{total.Reads:N0} reads were checked against {total.CoherentVerbs:N0} coherent verbs: {(total.StaleReads == 0 ? "none" : $"{total.StaleReads:N0}")} stale.";
        if (plan.Worst("kill") is { IsLoss: false })
            yield return "Killing a silo turned no hit elsewhere into a miss.";
        if (plan.Worst("table") is { IsLoss: false })
            yield return "Taking the membership table away turned no hit into a miss.";
    }
}
