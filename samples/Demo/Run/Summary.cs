using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>The result of a run; the object that <c>--json</c> prints.</summary>
/// <param name="HitRatio">Hits as a share of requests, from 0 to 1.</param>
/// <param name="CoherentVerbs"><c>RemoveAsync</c> or <c>SetAsync</c> calls, all completed.</param>
/// <param name="VisibleMicrosecondsP50">
/// Half of the writes were visible on another silo within this time; 0 when there was none to see. <c>VisibilityGauge</c> says what it includes.
/// </param>
/// <param name="MulticastOperations">Frames that the caches sent, each counted once however many silos it went to.</param>
/// <param name="FillsMulticast">Frames beyond one for each write. A fill is not a write: this is 0.</param>
/// <param name="DigestsEqual">Whether all silos' digests were the same in the end; null where values do not travel.</param>
/// <param name="SequencesEqual">Whether all silos had the pages that were replicated in the same order; null where values do not travel.</param>
/// <param name="ReplicatedKeys">Pages that some silo had set and that every silo held in the end, on the silo that had fewest; null where values do not travel.</param>
/// <param name="IncoherentKeys">
/// Pages of which some silo, after all writes had completed, held a copy older than the newest version written; where values travel also those that not all silos had in the
/// same version and with the same content.
/// </param>
/// <param name="Seconds">How long the replay lasted.</param>
internal sealed record Summary(
    string Coherence,
    int Silos,
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
    int IncoherentKeys,
    double Seconds)
{
    public static Summary Of(IReadOnlyCollection<SiloReport> silos, Coherence coherence, Copies copies)
    {
        var requests = silos.Sum(silo => silo.Requests);
        var coherentVerbs = silos.Sum(silo => silo.CoherentVerbs);
        var multicastOperations = silos.Sum(silo => silo.MulticastSent);
        var visible = Latencies.Merge(silos.Select(silo => silo.Visible));
        return new Summary(
            coherence.ToString().ToLowerInvariant(),
            silos.Count,
            requests,
            requests == 0 ? 0 : Math.Round((double)silos.Sum(silo => silo.Hits) / requests, 4),
            silos.Sum(silo => silo.OriginLoads),
            silos.Sum(silo => silo.Updates),
            coherentVerbs,
            silos.Sum(silo => silo.StaleReads),
            visible.Percentile(50),
            visible.Percentile(99),
            multicastOperations,
            multicastOperations - coherentVerbs,
            copies.DigestsEqual,
            copies.SequencesEqual,
            copies.ReplicatedKeys,
            copies.IncoherentKeys,
            Math.Round(silos.Max(silo => silo.Seconds), 2));
    }
}
