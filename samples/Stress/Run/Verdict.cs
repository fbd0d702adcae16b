using McCache.Stress.Faults;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>Judges a run.</summary>
internal static class Verdict
{
    private const double MaxDrainSeconds = 1;

    /// <summary>A client that hangs or is dead holds up coherent verbs for its lease and its gateway's margin; twice that, since the machine has more processes than cores.</summary>
    private static readonly double s_maxVerbSeconds = 2 * FaultTimes.Lease.TotalSeconds;

    /// <summary>
    /// A gateway that hangs is noticed when the lease runs out; then others are asked by chance, and one that hangs is waited for three seconds each time it is asked again.
    /// </summary>
    private const double MaxOutageSeconds = 20;

    /// <summary>What went wrong; empty when nothing did.</summary>
    internal static IReadOnlyList<string> Failures(StressOptions options, Numbers total, FaultPlan plan, Cluster cluster, RunEnd end, long from, long to)
    {
        var (copies, drain) = (end.Copies, end.Drain);
        List<string> failures = [];
        if (total.StaleReads > 0)
            failures.Add($"{total.StaleReads} reads yielded a value that a completed coherent verb had superseded.");
        if (total.CoherentVerbs == 0 && options.CoherentPercent > 0)
            failures.Add("No coherent verb completed.");
        if (end.GivenUp is not null)
            failures.Add($"The run was given up: {end.GivenUp}.");
        else if (drain is null)
            failures.Add("After the load had stopped, some silo or client could not complete a coherent verb.");
        if (end.HungVerbs > 0)
            failures.Add($"After the load had stopped, {end.HungVerbs} coherent verbs neither returned nor failed.");
        if (copies.IncoherentKeys > 0)
            failures.Add($"After the load had stopped, {copies.IncoherentKeys} keys were older than a completed coherent verb, or differed between processes.");
        if (copies.DigestsEqual == false)
            failures.Add("After the load had stopped, the silos' digests did not become equal.");
        if (copies.SequencesEqual == false)
            failures.Add("After the load had stopped, the silos did not come to have the keys in the same order.");
        if (copies.ReplicatedKeys == 0 && total.Mutations > 0)
            failures.Add("After the load had stopped, some silo held no key that had been replicated.");
        if (copies.IsUnknown)
            failures.Add("After the load had stopped, some silo or client did not say what its cache holds.");
        if (options.LossPercent > 0 && total.Drops == 0)
            failures.Add("No batch was lost.");
        foreach (var fault in options.Faults.Where(fault => (fault == "drop" ? total.Drops : plan.Count(fault)) == 0))
            failures.Add($"The fault '{fault}' never happened.");
        failures.AddRange(plan.Records.Where(record => record is { Fault: "kill" or "table", Hits.IsLoss: true }).Select(record =>
            $"\"{record.What}\" cost hits on silos that nothing was done to: {record.Hits!.Before:P1} before, {record.Hits.During:P1} from then until the cluster had recovered."));
        if (options is { Faults.Count: 0, LossPercent: 0 } && drain > MaxDrainSeconds)
            failures.Add($"It took {drain:F1} s until everybody had applied everything; at most {MaxDrainSeconds} s without faults.");
        foreach (var member in cluster.Members.Where(member => !member.Memory.IsBounded(from, to)))
            failures.Add($"The memory of {member.Place} does not level off.");
        failures.AddRange(OfClients(options, plan, cluster, end));
        return failures;
    }

    private static IEnumerable<string> OfClients(StressOptions options, FaultPlan plan, Cluster cluster, RunEnd end)
    {
        foreach (var client in cluster.Clients.Where(client => client.Total.Reads == 0 || (client.Total.CoherentVerbs == 0 && options.CoherentPercent > 0)))
            yield return $"{client.Place} did nothing.";
        if (options.Faults.Contains(StressOptions.Move) && cluster.Total.Moves == 0)
            yield return "No client went from one gateway to another.";
        foreach (var record in plan.Records.Where(record => record.IsOfClient && record.LongestVerbSeconds > s_maxVerbSeconds))
            yield return $"\"{record.What}\" held up a coherent verb elsewhere for {record.LongestVerbSeconds:F1} s; a client's lease is {FaultTimes.Lease.TotalSeconds:F0} s, and {s_maxVerbSeconds:F0} s are allowed.";
        foreach (var record in plan.Records.Where(record => record.LongestOutageSeconds > MaxOutageSeconds))
            yield return $"After \"{record.What}\" a client that nothing was done to had no gateway for {record.LongestOutageSeconds:F1} s; at most {MaxOutageSeconds:F0} s are allowed.";
        foreach (var record in plan.Records.Where(record => record.ClientsKept > 0))
            yield return $"After \"{record.What}\" and its lease silos kept something about {record.ClientsKept} dead clients.";
        if (end.ClientsKept > 0)
            yield return $"After the load had stopped, silos kept something about {end.ClientsKept} clients that had gone.";
        if (end.Copies.ClientKeys == 0 && cluster.Total.Mutations > 0)
            yield return "After the load had stopped, some client held no key that a silo held too.";
    }

    /// <summary>What is worth knowing and fails no run.</summary>
    internal static IEnumerable<string> Remarks(Numbers total, FaultPlan plan, Copies copies)
    {
        yield return $"{total.Reads:N0} reads were checked against {total.CoherentVerbs:N0} coherent verbs: {(total.StaleReads == 0 ? "none" : $"{total.StaleReads:N0}")} stale.";
        if (copies is { DigestsEqual: true, SequencesEqual: true, IncoherentKeys: 0, ReplicatedKeys: > 0 })
            yield return $"In the end all silos held the same {copies.ReplicatedKeys:N0} keys with the same values in the same order.";
        if (plan.Worst("kill") is { IsLoss: false } kill)
            yield return Hits("Killing a silo", kill);
        if (plan.Worst("table") is { IsLoss: false } table)
            yield return Hits("Taking the membership table away", table);

        foreach (var record in plan.Records.Where(record => record.Ended.Count > 0))
            yield return $"During \"{record.What}\" Orleans ended silos that nothing was done to ({string.Join(", ", record.Ended)}); their hits from then on are not in the figures.";

        static string Hits(string what, HitRatios ratios) => ratios.During >= ratios.Before
            ? $"{what} turned no hit elsewhere into a miss."
            : $"{what} turned {ratios.Before - ratios.During:P2} of the hits elsewhere into misses; up to {HitRatios.Tolerance:P1} is taken for the machine's doing.";
    }
}
