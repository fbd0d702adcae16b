using System.Diagnostics;

namespace McCache.Bench.Scale;

/// <summary>
/// One run. A cluster of two silos lives all the time; another one grows, and its rounds alternate with those of the first, so that whatever else the machine does falls on both.
/// </summary>
internal sealed class ScaleRun : IDisposable
{
    private const int BlockWrites = 1_000;
    private const int Baseline = 2;
    private const int PlainWarmUp = 2;
    private const int PlainSilos = 4;
    private const double Megabyte = 1e6;
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(0.5);
    private static readonly string[] s_keys = [.. Enumerable.Range(0, BlockWrites).Select(i => $"key:{i:D8}")];

    private readonly SentBytes _bytes = new();
    private readonly bool _quick;

    private ScaleRun(bool quick) => _quick = quick;

    private int[] Sizes => _quick ? [2, 4, 8] : [2, 4, 8, 16, 32];

    private int Rounds => _quick ? 3 : 5;

    private TimeSpan RoundTime => TimeSpan.FromSeconds(_quick ? 0.3 : 0.7);

    private TimeSpan IdleTime => TimeSpan.FromSeconds(_quick ? 1.5 : 3);

    /// <summary>In a whole run longer than by default, but with the default renewal: many silos on few cores are late, and none of them shall stop serving while it is measured.</summary>
    private TimeSpan LeaseDuration => TimeSpan.FromSeconds(_quick ? 3 : 6);

    /// <exception cref="TimeoutException">The silos did not start, or a coherent verb did not complete.</exception>
    public static async Task<IReadOnlyCollection<ScaleRow>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        using var run = new ScaleRun(quick);
        var simulated = Simulation.Run(quick, cancellationToken); // first: what silos leave behind would disturb its weighing
        var (measured, hop) = await run.MeasureAsync(cancellationToken);
        await Console.Error.WriteLineAsync(RelayTree.Advise(measured, simulated, hop));
        return [.. measured, .. simulated];
    }

    public void Dispose() => _bytes.Dispose();

    private async Task<(IReadOnlyList<ScaleRow> Rows, double HopNanoseconds)> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var plain = new LoopbackCluster(leaseDuration: null); // until the end: what it has left behind would be taken off the others
        await plain.GrowAsync(PlainWarmUp);
        var plainMegabytes = await WeighAsync(plain, PlainWarmUp + PlainSilos);
        await Console.Error.WriteLineAsync($"a silo without McCache: {plainMegabytes:N2} MB");
        await using var baseline = new LoopbackCluster(LeaseDuration);
        await using var grown = new LoopbackCluster(LeaseDuration);
        List<ScaleRow> rows = [];
        foreach (var silos in Sizes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var cluster = silos == Baseline ? baseline : grown;
            var megabytes = await WeighAsync(cluster, silos) - plainMegabytes;
            rows.Add(await MeasureAsync(cluster, baseline, megabytes));
            await Console.Error.WriteLineAsync($"{rows[^1]}");
        }

        return (rows, await TimeHopAsync(baseline.Cache));
    }

    /// <summary>Megabytes of managed memory for each of the silos, once there are so many.</summary>
    private static async Task<double> WeighAsync(LoopbackCluster cluster, int silos)
    {
        var (before, present) = (await WeighAsync(), cluster.Silos);
        await cluster.GrowAsync(silos);
        return (await WeighAsync() - before) / Megabyte / (silos - present);

        static async Task<double> WeighAsync()
        {
            await Task.Delay(s_settling); // what has been started or ended comes to rest
            return ReadMemory();
        }
    }

    /// <summary>Bytes of managed memory in use.</summary>
    internal static long ReadMemory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private async Task<ScaleRow> MeasureAsync(LoopbackCluster cluster, LoopbackCluster baseline, double megabytes)
    {
        await Task.Run(() => WriteAsync(cluster.Cache, RoundTime)); // warms up
        var asked = cluster.Asked;
        var idle = await SpendAsync(() => Task.Delay(IdleTime));
        asked = cluster.Asked - asked;
        var rounds = new List<Round>();
        for (var round = 0; round < Rounds; round++)
        {
            var beside = await RunRoundAsync(baseline, idle);
            var own = cluster == baseline ? beside : await RunRoundAsync(cluster, idle);
            rounds.Add(own with { Ratio = own.Nanoseconds / beside.Nanoseconds });
        }

        return new(
            cluster.Silos,
            "measured",
            Math.Round(Bench.Rounds.Median(rounds.Select(round => round.Nanoseconds)), 1),
            Math.Round(Bench.Rounds.Median(rounds.Select(round => round.CpuMicroseconds)), 3),
            Math.Round(Bench.Rounds.Median(rounds.Select(round => round.Bytes)), 1),
            Math.Round(2 * asked / idle.Seconds, 1), // each is answered
            Math.Round(megabytes, 3),
            Math.Round(Bench.Rounds.Median(rounds.Select(round => round.Ratio)), 3));
    }

    /// <summary>Writes for a while; what an idle process would have spent in the time is taken off.</summary>
    private async Task<Round> RunRoundAsync(LoopbackCluster cluster, Spent idle)
    {
        List<double> blocks = [];
        var spent = await SpendAsync(() => Task.Factory.StartNew(() => blocks = WriteAsync(cluster.Cache, RoundTime).GetAwaiter().GetResult(), TaskCreationOptions.LongRunning));
        var (share, frames) = (spent.Seconds / idle.Seconds, (double)blocks.Count * (BlockWrites + 1) * (cluster.Silos - 1));
        return new(Bench.Rounds.Median(blocks), (spent.CpuMicroseconds - (idle.CpuMicroseconds * share)) / frames, (spent.Bytes - (idle.Bytes * share)) / frames, 0);
    }

    /// <summary>Blocks of dictionary verbs, and a coherent verb after each, which waits until all silos have followed.</summary>
    /// <returns>Nanoseconds a dictionary verb, for each block.</returns>
    private static async Task<List<double>> WriteAsync(IMcCache<string, int> cache, TimeSpan time)
    {
        var (blocks, begin) = (new List<double>(), Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(begin) < time)
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var key in s_keys)
                cache[key] = 1;
            blocks.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / s_keys.Length);
            await cache.SetAsync(s_keys[0], 1);
        }

        return blocks;
    }

    private async Task<Spent> SpendAsync(Func<Task> work)
    {
        var (bytes, start, cpu) = (await _bytes.ReadAsync(), Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await work();
        var sent = await _bytes.ReadAsync() - bytes;
        return new(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds, sent);
    }

    /// <summary>One way between two silos, in nanoseconds: half of what a coherent verb takes when nothing else goes on.</summary>
    private async Task<double> TimeHopAsync(IMcCache<string, int> cache)
    {
        List<double> verbs = [];
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < RoundTime;)
        {
            var start = Stopwatch.GetTimestamp();
            await cache.SetAsync(s_keys[0], 1);
            verbs.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }

        return Bench.Rounds.Median(verbs) / 2;
    }

    /// <summary>What the process has spent in a time.</summary>
    private readonly record struct Spent(double Seconds, double CpuMicroseconds, double Bytes);

    /// <summary>Per write; all but the first by the number of other silos, too.</summary>
    private readonly record struct Round(double Nanoseconds, double CpuMicroseconds, double Bytes, double Ratio);
}
