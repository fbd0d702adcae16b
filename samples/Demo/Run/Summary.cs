using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>The result of a run; the object that <c>--json</c> prints.</summary>
/// <param name="Requests">Of silos and clients, as what follows.</param>
/// <param name="HitRatio">Hits as a share of requests, from 0 to 1.</param>
/// <param name="CoherentVerbs"><c>RemoveAsync</c> or <c>SetAsync</c> calls, all completed.</param>
/// <param name="VisibleMicrosecondsP50">
/// Half of the writes were visible on another silo or client within this time; 0 when there was none to see. <c>VisibilityGauge</c> says what it includes.
/// </param>
/// <param name="MulticastOperations">Frames that the caches of silos sent, each counted once however many it went to. What a client writes is sent by its gateway.</param>
/// <param name="FillsMulticast">Frames beyond one for each write. A fill is not a write: this is 0, unless a client that lost its gateway has told writes that were under way again.</param>
/// <param name="DigestsEqual">Whether all silos' digests were the same in the end; null where values do not travel.</param>
/// <param name="SequencesEqual">Whether all silos had the pages that were replicated in the same order; null where values do not travel.</param>
/// <param name="ReplicatedKeys">Pages that some silo had set and that every silo held in the end, on the silo that had fewest; null where values do not travel.</param>
/// <param name="ClientKeys">Pages that a client and some silo held in the end, on the client that had fewest; null without clients.</param>
/// <param name="GatewaysLost">How often clients have lost their gateway, and have found another.</param>
/// <param name="ClientRequests">Those of the requests that clients made, as the next two; 0 without clients.</param>
/// <param name="IncoherentKeys">
/// Pages of which some silo or client, after all writes had completed, held a copy older than the newest version written; where values travel also those that not all silos had in the
/// same version and with the same content; and those that a client held with another content than some silo.
/// </param>
/// <param name="Seconds">How long the replay lasted.</param>
internal sealed record Summary(
    string Coherence,
    int Silos,
    int Clients,
    long Requests,
    double HitRatio,
    long OriginLoads,
    long Updates,
    long CoherentVerbs,
    long StaleReads,
    long VisibleMicrosecondsP50,
    long VisibleMicrosecondsP99,
    long MulticastOperations,
    long FillsMulticast,
    bool? DigestsEqual,
    bool? SequencesEqual,
    int? ReplicatedKeys,
    long ClientRequests,
    double ClientHitRatio,
    long ClientStaleReads,
    int? ClientKeys,
    int GatewaysLost,
    int IncoherentKeys,
    double Seconds)
{
    public static Summary Of(IReadOnlyCollection<MemberProcess> processes, Coherence coherence, Copies copies)
    {
        MemberReport[] members = [.. processes.Select(process => process.Report)];
        MemberReport[] clients = [.. processes.Where(process => process.IsClient).Select(process => process.Report)];
        var coherentVerbs = members.Sum(member => member.CoherentVerbs);
        var multicastOperations = members.Sum(member => member.MulticastSent) - clients.Sum(client => client.MulticastSent);
        var visible = Latencies.Merge(members.Select(member => member.Visible));
        return new Summary(
            coherence.ToString().ToLowerInvariant(),
            members.Length - clients.Length,
            clients.Length,
            members.Sum(member => member.Requests),
            HitRatio(members),
            members.Sum(member => member.OriginLoads),
            members.Sum(member => member.Updates),
            coherentVerbs,
            members.Sum(member => member.StaleReads),
            visible.Percentile(50),
            visible.Percentile(99),
            multicastOperations,
            multicastOperations - coherentVerbs,
            copies.DigestsEqual,
            copies.SequencesEqual,
            copies.ReplicatedKeys,
            clients.Sum(client => client.Requests),
            HitRatio(clients),
            clients.Sum(client => client.StaleReads),
            copies.ClientKeys,
            clients.Sum(client => client.GatewaysLost),
            copies.IncoherentKeys,
            Math.Round(members.Max(member => member.Seconds), 2));

        static double HitRatio(MemberReport[] members)
            => members.Sum(member => member.Requests) is not 0 and var requests ? Math.Round((double)members.Sum(member => member.Hits) / requests, 4) : 0;
    }
}
