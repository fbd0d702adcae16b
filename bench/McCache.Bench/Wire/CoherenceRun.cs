using HdrHistogram;
using McCache.Bench.Processes;
using McCache.Bench.Wire.Paths;

namespace McCache.Bench.Wire;

/// <summary>One run: short rounds of every path in turn, each turn first with all processes on one core, then with the writer on another than the rest; and under load.</summary>
internal sealed class CoherenceRun
{
    private const string UnderLoad = "under load";
    private const int SlowRounds = 4;
    private readonly WireCluster _cluster;
    private readonly int _operations;
    private readonly double _seconds;
    private readonly Dictionary<Measured, (LongHistogram All, Dictionary<int, double> Medians)> _times = [];
    private long _number = 1;

    private CoherenceRun(WireCluster cluster, int operations, double seconds) => (_cluster, _operations, _seconds) = (cluster, operations, seconds);

    /// <exception cref="ChildFailedException">A process has ended, or could not do what it was told.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public static async Task<IReadOnlyCollection<CoherenceRow>> RunAsync(int silos, bool isQuick, CancellationToken cancellationToken)
    {
        await using var cluster = await WireCluster.StartAsync(silos, isObserved: true);
        var run = isQuick ? new CoherenceRun(cluster, 20, 0.08) : new CoherenceRun(cluster, 50, 0.2);
        var rounds = isQuick ? 5 : 16;
        var places = Places();
        for (var round = 0; round <= rounds; round++)
        {
            await Progress.SayAsync(round == 0 ? "a round that does not count" : $"round {round} of {rounds}");
            foreach (var (placement, first, others) in places)
            {
                await cluster.PinAsync(first, others);
                foreach (var path in PathName.All.Where(path => !path.IsSlow || round % SlowRounds == 0))
                    await run.MeasureAsync(new Measured(path, "idle", placement), round, cancellationToken);
                foreach (var path in PathName.All.Where(path => path.IsLoaded && placement == places[^1].Placement))
                    await run.MeasureAsync(new Measured(path, UnderLoad, placement), round, cancellationToken);
            }
        }

        return [.. run._times.Keys.OrderBy(measured => (measured.Load, Array.FindIndex(places, place => place.Placement == measured.Placement), measured.Path.Index)).Select(measured => run.Row(measured, silos))];
    }

    /// <summary>All on one core, and, where there are two, the writer on one and everybody else on the other.</summary>
    private static (string Placement, long First, long Others)[] Places() => Placement.Cores() switch
    {
        [] => [("free", 0, 0)],
        [var only] => [("pinned", 1L << only, 1L << only)],
        [var first, var second, ..] => [("pinned", 1L << first, 1L << first), ("across", 1L << first, 1L << second)],
    };

    private async Task MeasureAsync(Measured measured, int round, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var slowness = measured.Path.IsSlow ? SlowRounds : 1;
        var order = new Order(0, measured.Load == UnderLoad ? WireOrder.MeasureLoaded : WireOrder.Measure, Path: measured.Path.Index, Round: _number, Count: _operations / slowness, Seconds: _seconds * slowness);
        _number += Keys.Measured.Length;
        await _cluster.AskAllAsync(order with { Do = WireOrder.Begin });
        var answer = await _cluster.Silos[0].AskAsync(order);
        await _cluster.AskAllAsync(order with { Do = WireOrder.End });
        if (round == 0)
            return;
        if (!_times.TryGetValue(measured, out var times))
            _times[measured] = times = (Times.Make(), []);
        var turn = Times.Make();
        turn.Add(answer.Times!);
        times.All.Add(turn);
        times.Medians[round] = turn.Microseconds(50);
    }

    private CoherenceRow Row(Measured measured, int silos)
    {
        var (times, medians) = _times[measured];
        var service = _times[measured with { Path = measured.Path.IsRoundTrip ? PathName.ServiceRoundTrip : PathName.ServiceOneWay }];
        var tcp = _times[measured with { Path = measured.Path.IsRoundTrip ? PathName.TcpRoundTrip : PathName.TcpOneWay }];
        return new CoherenceRow(
            measured.Path.Name,
            Modes.Name(measured.Path.Coherence),
            silos,
            measured.Load,
            measured.Placement,
            Math.Round(times.Microseconds(50), 1),
            Math.Round(times.Microseconds(99), 1),
            RatioTo(service.Medians),
            Math.Round(times.Microseconds(99) / service.All.Microseconds(99), 2),
            RatioTo(tcp.Medians));

        double RatioTo(Dictionary<int, double> baseline) => Math.Round(Medians.Of(medians.Select(median => median.Value / baseline[median.Key])), 2);
    }

    /// <summary>What is measured.</summary>
    private sealed record Measured(PathName Path, string Load, string Placement);
}

/// <summary>What was measured for a path.</summary>
/// <param name="Path">The way of the write.</param>
/// <param name="Mode">The coherence of the cache; – for what is no cache.</param>
/// <param name="Silos">How many there are; a write has come when the last of the others has it.</param>
/// <param name="Load">Whether a second writer is at work.</param>
/// <param name="Placement">All processes on one core (<c>pinned</c>), or the writer on one and the rest on another (<c>across</c>).</param>
/// <param name="P50Microseconds">The median of all rounds together.</param>
/// <param name="P99Microseconds">The 99th percentile.</param>
/// <param name="RatioToGrainService">A round's median by that of a bare grain service, one way or there and back, in the same round; the median of the rounds.</param>
/// <param name="P99RatioToGrainService">The 99th percentile by that of the bare grain service.</param>
/// <param name="RatioToTcp">As <paramref name="RatioToGrainService"/>, by sockets.</param>
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
