using HdrHistogram;
using McCache.Bench.Processes;
using McCache.Bench.Wire.Paths;

namespace McCache.Bench.Wire;

/// <summary>One run: short rounds of every path in turn, each turn first with all processes on one core, then with the writer on another than the rest; and under load.</summary>
internal sealed class CoherenceRun
{
    private readonly WireCluster _cluster;
    private readonly int _operations;
    private readonly double _seconds;
    private readonly Dictionary<(PathName Path, string Load, string Placement), LongHistogram> _times = [];
    private long _number = 1;

    private CoherenceRun(WireCluster cluster, int operations, double seconds) => (_cluster, _operations, _seconds) = (cluster, operations, seconds);

    /// <exception cref="ChildFailedException">A process has ended, or could not do what it was told.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public static async Task<IReadOnlyCollection<CoherenceRow>> RunAsync(int silos, bool isQuick, CancellationToken cancellationToken)
    {
        await using var cluster = await WireCluster.StartAsync(silos, isObserved: true);
        var run = isQuick ? new CoherenceRun(cluster, 60, 0.25) : new CoherenceRun(cluster, 250, 0.8);
        var rounds = isQuick ? 2 : 5;
        var places = Places();
        for (var round = 0; round <= rounds; round++)
        {
            await Progress.SayAsync(round == 0 ? "a round that does not count" : $"round {round} of {rounds}");
            foreach (var (placement, first, others) in places)
            {
                await cluster.PinAsync(first, others);
                foreach (var path in PathName.All)
                    await run.MeasureAsync(path, isLoaded: false, placement, round > 0, cancellationToken);
                foreach (var path in PathName.All.Where(path => path.IsLoaded && placement == places[^1].Placement))
                    await run.MeasureAsync(path, isLoaded: true, placement, round > 0, cancellationToken);
            }
        }

        return [.. run._times.Select(measured => run.Row(measured.Key.Path, measured.Key.Load, measured.Key.Placement, silos))];
    }

    /// <summary>All on one core, and, where there are two, the writer on one and everybody else on the other.</summary>
    private static (string Placement, long First, long Others)[] Places() => Placement.Cores() switch
    {
        [] => [("free", 0, 0)],
        [var only] => [("pinned", 1L << only, 1L << only)],
        [var first, var second, ..] => [("pinned", 1L << first, 1L << first), ("across", 1L << first, 1L << second)],
    };

    private async Task MeasureAsync(PathName path, bool isLoaded, string placement, bool counts, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var order = new Order(0, WireOrder.Begin, Path: path.Index);
        var share = counts ? 1 : 0.5;
        order = order with { Round = _number, Count = Math.Max(4, (int)(_operations * share / path.Slowness)), Seconds = _seconds * share };
        await _cluster.AskAllAsync(order);
        var measured = await _cluster.Silos[0].AskAsync(order with { Do = isLoaded ? WireOrder.MeasureLoaded : WireOrder.Measure });
        _number += Keys.Measured.Length;
        await _cluster.AskAllAsync(order with { Do = WireOrder.End });
        if (!counts)
            return;
        var key = (path, isLoaded ? "under load" : "idle", placement);
        if (!_times.TryGetValue(key, out var times))
            _times[key] = times = Times.Make();
        times.Add(measured.Times!);
    }

    private CoherenceRow Row(PathName path, string load, string placement, int silos)
    {
        var times = _times[(path, load, placement)];
        return new CoherenceRow(
            path.Name,
            path.Mode,
            silos,
            load,
            placement,
            Math.Round(times.Microseconds(50), 1),
            Math.Round(times.Microseconds(99), 1),
            RatioTo(path.IsRoundTrip ? PathName.ServiceRoundTrip : PathName.ServiceOneWay, 50),
            RatioTo(path.IsRoundTrip ? PathName.ServiceRoundTrip : PathName.ServiceOneWay, 99),
            RatioTo(path.IsRoundTrip ? PathName.TcpRoundTrip : PathName.TcpOneWay, 50));

        double RatioTo(PathName baseline, double percentile)
            => Math.Round(times.Microseconds(percentile) / _times[(baseline, load, placement)].Microseconds(percentile), 2);
    }
}

/// <summary>What was measured for a path.</summary>
/// <param name="Path">The way of the write.</param>
/// <param name="Mode">The coherence of the cache; – for what is no cache.</param>
/// <param name="Silos">How many there are; a write has come when the last of the others has it.</param>
/// <param name="Load">Whether a second writer is at work.</param>
/// <param name="Placement">All processes on one core (<c>pinned</c>), or the writer on one and the rest on another (<c>across</c>).</param>
/// <param name="P50Microseconds">The median.</param>
/// <param name="P99Microseconds">The 99th percentile.</param>
/// <param name="RatioToGrainService">The median by that of a bare grain service, one way or there and back.</param>
/// <param name="P99RatioToGrainService">The same of the 99th percentiles.</param>
/// <param name="RatioToTcp">The median by that of sockets, one way or there and back.</param>
internal sealed record CoherenceRow(
    string Path,
    string Mode,
    int Silos,
    string Load,
    string Placement,
    double P50Microseconds,
    double P99Microseconds,
    double RatioToGrainService,
    double P99RatioToGrainService,
    double RatioToTcp);
