using System.Diagnostics;
using McCache.Bench.Processes;
using McCache.Bench.Wire.Floods;

namespace McCache.Bench.Wire;

/// <summary>One run: cold bursts first, then floods of every kind in turn, from one silo to the other, and from both to each other.</summary>
internal sealed class ThroughputRun
{
    private const int Silos = 2;
    private const int ManyKeys = 100_000;
    private const int HotKeys = 100;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(25);

    private readonly WireCluster _cluster;

    private ThroughputRun(WireCluster cluster) => _cluster = cluster;

    /// <exception cref="ChildFailedException">A process has ended, or could not do what it was told.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public static async Task<IReadOnlyCollection<ThroughputRow>> RunAsync(bool isQuick, CancellationToken cancellationToken)
    {
        await using var cluster = await WireCluster.StartAsync(Silos, isObserved: false);
        var run = new ThroughputRun(cluster);
        List<ThroughputRow> bursts = [];
        foreach (var flood in FloodName.All.Where(flood => flood.Coherence is not null))
        {
            await Progress.SayAsync($"a cold burst: {flood.Name}, {Modes.Name(flood.Coherence)}");
            await using var fusions = new Children();
            var pair = flood == FloodName.Backplane || flood == FloodName.SecondLevel ? await cluster.StartFusionsAsync(fusions) : cluster.Silos;
            bursts.Add(isQuick ? await BurstAsync(flood, pair, 1_000, TimeSpan.FromSeconds(2)) : await BurstAsync(flood, pair, 3_000, TimeSpan.FromSeconds(20)));
        }

        Scenario[] scenarios =
        [
            .. FloodName.All.Select(flood => new Scenario(flood, 1, ManyKeys)),
            .. FloodName.All.Select(flood => new Scenario(flood, 2, ManyKeys)),
            new Scenario(FloodName.Invalidating, 1, HotKeys),
            new Scenario(FloodName.Replicating, 1, HotKeys),
        ];
        var measured = scenarios.ToDictionary(scenario => scenario, _ => new List<Measured>());
        var (warmUps, rounds, seconds) = isQuick ? (1, 2, 0.3) : (3, 5, 1.0); // it takes some seconds until everything is compiled for good
        for (var round = 1 - warmUps; round <= rounds; round++)
        {
            await Progress.SayAsync(round <= 0 ? "a round that does not count" : $"round {round} of {rounds}");
            foreach (var scenario in scenarios.Where(scenario => round > 0 || scenario.Publishers == Silos)) // both silos get warm
            {
                cancellationToken.ThrowIfCancellationRequested();
                var one = await run.FloodAsync(scenario, seconds);
                if (round > 0)
                    measured[scenario].Add(one);
            }
        }

        return [.. scenarios.Select(Row), .. bursts];

        ThroughputRow Row(Scenario scenario)
        {
            var all = measured[scenario];
            return new ThroughputRow(
                scenario.Flood.Name,
                Modes.Name(scenario.Flood.Coherence),
                scenario.Publishers,
                scenario.Keys,
                Math.Round(Medians.Of(all.Select(one => one.WritesPerSecond))),
                Math.Round(Medians.Of(all.Select(one => one.AppliedPerSecond))),
                Math.Round(Medians.Of(all.Select(one => one.DrainMilliseconds)), 1),
                all.Sum(one => one.Lost),
                all.Sum(one => one.Gaps),
                RatioTo(FloodName.Backplane),
                RatioTo(FloodName.SecondLevel),
                RatioTo(FloodName.Batches),
                RatioTo(FloodName.Tcp));

            double RatioTo(FloodName flood)
                => Math.Round(Medians.Of(all.Zip(measured[new Scenario(flood, scenario.Publishers, ManyKeys)], (one, other) => one.AppliedPerSecond / other.AppliedPerSecond)), 3);
        }
    }

    /// <summary>The first writes of a process to a cache, right after it has started, made synchronously on the thread pool; then the other is asked what it has until it has all.</summary>
    private static async Task<ThroughputRow> BurstAsync(FloodName flood, Child[] pair, int writes, TimeSpan patience)
    {
        var order = new Order(0, WireOrder.Prepare, Path: flood.Index, Round: 1, Count: writes, Bytes: writes);
        await Task.WhenAll(pair.Select(child => child.AskAsync(order)));
        var burst = pair[0].AskAsync(order with { Do = WireOrder.Burst });
        var (arrived, since) = (0, Stopwatch.GetTimestamp());
        while (arrived < writes && (!burst.IsCompleted || Stopwatch.GetElapsedTime((await burst).End) < patience))
        {
            await Task.Delay(s_look);
            var now = writes - (int)(await pair[1].AskAsync(order with { Do = WireOrder.Check })).Number;
            if (now != arrived)
                (arrived, since) = (now, Stopwatch.GetTimestamp());
        }

        var written = await burst;
        return new ThroughputRow(
            $"{flood.Name}, cold burst",
            Modes.Name(flood.Coherence),
            1,
            writes,
            Math.Round(writes / Stopwatch.GetElapsedTime(written.Start, written.End).TotalSeconds),
            Math.Round(arrived / Stopwatch.GetElapsedTime(written.Start, Math.Max(since, written.End)).TotalSeconds),
            Math.Round(Math.Max(0, Stopwatch.GetElapsedTime(written.End, since).TotalMilliseconds), 1),
            writes - arrived);
    }

    private async Task<Measured> FloodAsync(Scenario scenario, double seconds)
    {
        var order = new Order(0, WireOrder.Prepare, Path: scenario.Flood.Index, Count: scenario.Keys, Seconds: seconds);
        for (var publisher = 1; publisher <= scenario.Publishers; publisher++)
            await _cluster.AskAllAsync(order with { Round = publisher });
        var gaps = await GapsAsync();
        var floods = await Task.WhenAll(_cluster.Silos[..scenario.Publishers].Select(silo => silo.AskAsync(order with { Do = WireOrder.Flood })));
        var (start, stop) = (floods.Min(flood => flood.Start), floods.Max(flood => flood.End));
        var (written, drained, missing) = (floods.Sum(flood => (long)flood.Number), floods.Max(flood => flood.Times![0]), floods.Sum(flood => flood.Times![1]));
        var wrong = 0L;
        for (var publisher = 1; publisher <= scenario.Publishers; publisher++)
        {
            foreach (var receiver in _cluster.Silos.Where((_, index) => index != publisher - 1))
                wrong += (long)(await receiver.AskAsync(order with { Do = WireOrder.Check, Round = publisher, Bytes = (long)floods[publisher - 1].Number })).Number;
        }

        return new Measured(
            written / Stopwatch.GetElapsedTime(start, stop).TotalSeconds,
            (written - missing) / Stopwatch.GetElapsedTime(start, Math.Max(stop, drained)).TotalSeconds,
            Math.Max(0, Stopwatch.GetElapsedTime(stop, drained).TotalMilliseconds),
            scenario.Flood.Coherence is null ? missing : wrong,
            await GapsAsync() - gaps);
    }

    private async Task<long> GapsAsync() => (await _cluster.AskAllAsync(new Order(0, WireOrder.Gaps))).Sum(answer => (long)answer.Number);

    /// <summary>What is measured.</summary>
    private sealed record Scenario(FloodName Flood, int Publishers, int Keys);

    /// <summary>What was measured in a round.</summary>
    private sealed record Measured(double WritesPerSecond, double AppliedPerSecond, double DrainMilliseconds, long Lost, long Gaps);
}

/// <summary>What was measured of a flood.</summary>
/// <param name="Path">The way of the writes.</param>
/// <param name="Mode">The coherence of the cache; – for what is no cache.</param>
/// <param name="Publishers">How many silos write; with two each applies what the other writes.</param>
/// <param name="Keys">How many keys each of them writes in turn.</param>
/// <param name="WritesPerSecond">By all publishers, while they write.</param>
/// <param name="AppliedPerSecond">Writes by the time until the last had been applied on every other silo.</param>
/// <param name="DrainMilliseconds">From the last write until then.</param>
/// <param name="Lost">Writes that never came, or keys that a receiver does not hold as the writes have left them, in all rounds.</param>
/// <param name="Gaps">Losses noted by the lanes, in all rounds.</param>
/// <param name="RatioToFusionCache">Applied per second, by FusionCache with a backplane only.</param>
/// <param name="RatioToSecondLevel">The same by FusionCache with a second level.</param>
/// <param name="RatioToGrainService">The same by the bare grain service in batches of 100.</param>
/// <param name="RatioToTcp">The same by sockets.</param>
internal sealed record ThroughputRow(
    string Path,
    string Mode,
    int Publishers,
    int Keys,
    double WritesPerSecond,
    double AppliedPerSecond,
    double DrainMilliseconds,
    long Lost,
    long Gaps = 0,
    double? RatioToFusionCache = null,
    double? RatioToSecondLevel = null,
    double? RatioToGrainService = null,
    double? RatioToTcp = null);
