using McCache.Stress.Run;
using McCache.Stress.Shared;

namespace McCache.Stress.Faults;

/// <summary>One fault that happened.</summary>
/// <param name="AtSecond">When, counted from the beginning of the load.</param>
/// <param name="Fault">Its name.</param>
/// <param name="What">What was done.</param>
/// <param name="StaleReads">Stale reads from its beginning until the cluster had recovered.</param>
/// <param name="Gaps">Gaps noted in that time.</param>
/// <param name="LongestVerbSeconds">The longest coherent verb in that time of those that it was not done to; one that had begun before counts whole.</param>
/// <param name="LongestOutageSeconds">The longest time for which a client that it was not done to had no gateway that let it serve; null without such clients.</param>
/// <param name="ClientsKept">Dead clients about which silos kept something after their leases.</param>
/// <param name="Hits">How the silos fared that it was not done to; null when there were none.</param>
/// <param name="Ended">Silos that it was not done to, and that Orleans has ended all the same, as it does with those that do not answer in time.</param>
/// <param name="RecoverySeconds">How long the cluster needed, after it was over, until every place had a process and a coherent verb of each had returned.</param>
internal sealed record FaultRecord(
    double AtSecond,
    string Fault,
    string What,
    long StaleReads,
    long Gaps,
    double LongestVerbSeconds,
    double? LongestOutageSeconds,
    int ClientsKept,
    HitRatios? Hits,
    IReadOnlyList<int> Ended,
    double RecoverySeconds)
{
    /// <summary>Whether it was done to clients only: silos should not have noticed.</summary>
    public bool IsOfClient { get; init; }
}

/// <summary>One fault at a time, with recovery between. Each has its turn in a random order, and again in another, while there is time; the first round is done in any case.</summary>
internal sealed class FaultPlan(IReadOnlyList<IFault> faults, Random random)
{
    private static readonly TimeSpan s_calm = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_recoveryTime = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_faultTime = TimeSpan.FromSeconds(20);

    private readonly List<FaultRecord> _records = [];

    internal IReadOnlyList<FaultRecord> Records => _records;

    /// <summary>What is going on, for the live table.</summary>
    internal string Now { get; private set; } = "";

    /// <summary>The hit ratios of the fault of a kind that cost most hits; null when there was none.</summary>
    internal HitRatios? Worst(string name)
        => _records.Where(record => record.Fault == name).Select(record => record.Hits).OfType<HitRatios>().MinBy(hits => hits.During - hits.Before);

    internal int Count(string name) => _records.Count(record => record.Fault == name);

    /// <returns>Why it was given up; null when it was not.</returns>
    internal async Task<string?> RunAsync(Cluster cluster, TimeSpan time, CancellationToken cancellationToken)
    {
        var begin = MonotonicTime.Now;
        var end = MonotonicTime.After(begin, time);
        IFault[] round = [.. faults];
        for (var i = 0; round.Length > 0; i++)
        {
            await WaitAsync(s_calm, cancellationToken);
            if (i >= round.Length && MonotonicTime.After(MonotonicTime.Now, s_faultTime) > end)
                break;
            if (i % round.Length == 0)
                random.Shuffle(round);
            var fault = round[i % round.Length];
            var at = MonotonicTime.SecondsSince(begin);
            await cluster.CountAsync();
            var before = cluster.Total;
            Now = fault.Name;
            var watch = new HitWatch(cluster);
            var outcome = await fault.InjectAsync(cluster, random, cancellationToken);
            var (what, touched) = outcome;
            Now = $"recovering: {what}";
            var over = MonotonicTime.Now;
            var isRecovered = await cluster.RecoverAsync(s_recoveryTime, cancellationToken);
            var recovered = MonotonicTime.Now;
            var others = (await cluster.CountAsync()).Where(item => !touched.Contains(item.Key)).ToArray();
            _records.Add(new FaultRecord(
                Math.Round(at, 1),
                fault.Name,
                what,
                cluster.Total.StaleReads - before.StaleReads,
                cluster.Total.Gaps - before.Gaps,
                Math.Round(others.Select(item => item.Value.LongestVerbSeconds).DefaultIfEmpty().Max(), 2),
                others.Where(item => item.Key.Place.IsClient).Max(item => (double?)Math.Round(item.Value.LongestOutageSeconds, 2)),
                outcome.ClientsKept,
                watch.Measure(touched, recovered),
                watch.Ended(touched),
                Math.Round(MonotonicTime.Seconds(recovered - over), 2))
            {
                IsOfClient = touched.Count > 0 && touched.All(member => member.Place.IsClient),
            });
            if (!isRecovered)
                return $"{s_recoveryTime.TotalSeconds:F0} s after \"{what}\" the cluster had not recovered";
        }

        await WaitAsync(TimeSpan.FromSeconds(Math.Max(0, MonotonicTime.Seconds(end - MonotonicTime.Now))), cancellationToken);
        return null;
    }

    private async Task WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        Now = "calm";
        await Task.Delay(time, cancellationToken);
    }
}
