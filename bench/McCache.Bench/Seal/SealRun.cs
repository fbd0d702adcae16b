using System.Diagnostics;
using System.Security.Cryptography;
using McCache.Bench.Large;
using McCache.Bench.Processes;
using McCache.Bench.Wire;

namespace McCache.Bench.Seal;

/// <summary>One run: two clusters of two silo processes each, of which one seals, measured in turn.</summary>
internal sealed class SealRun
{
    private const int Silos = 2;
    private const int LargeBytes = 1024 * 1024;
    private const int LargeValues = 20;

    private readonly Child[] _silos;
    private long _round;

    private SealRun(Child[] silos) => _silos = silos;

    /// <exception cref="ChildFailedException">A process has ended, or could not do what it was told.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public static async Task<IReadOnlyCollection<SealRow>> RunAsync(int rounds, double seconds, CancellationToken cancellationToken)
    {
        await using var children = new Children();
        var plain = await StartAsync(children, null);
        var @sealed = await StartAsync(children, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        (string Name, Func<SealRun, Task<double>> Measure)[] scenarios =
        [
            ("small writes, as fast as they go", run => run.FloodAsync(seconds)),
            ("small coherent verbs, one at a time", run => run.VerbsAsync(seconds)),
            ("values of 1 MiB, replicated", run => run.ReplicateAsync()),
        ];
        var measured = scenarios.ToDictionary(scenario => scenario.Name, _ => new List<(double Plain, double Sealed)>());
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (name, measure) in scenarios)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var one = round % 2 == 0 ? (Plain: await measure(plain), Sealed: await measure(@sealed)) : default;
                if (round % 2 != 0)
                    (one.Sealed, one.Plain) = (await measure(@sealed), await measure(plain));
                if (round > 0) // the first warms up
                    measured[name].Add(one);
            }
        }

        return [.. measured.Select(scenario => new SealRow(
            scenario.Key,
            Math.Round(Medians.Of(scenario.Value.Select(one => one.Plain)), 1),
            Math.Round(Medians.Of(scenario.Value.Select(one => one.Sealed)), 1),
            Math.Round(Medians.Of(scenario.Value.Select(one => one.Sealed / one.Plain)), 3)))];
    }

    private static async Task<SealRun> StartAsync(Children children, string? secret)
    {
        var (ports, cluster) = (Children.FreePorts(Silos), $"bench-{Guid.NewGuid():N}");
        var silos = new Child[Silos];
        for (var silo = 0; silo < Silos; silo++)
        {
            silos[silo] = children.Start($"Silo {silo + 1}", SiloChild.Name, new SiloSettings(silo + 1, Silos, cluster, ports[silo], ports[0], secret));
            if (silo == 0)
                await silos[0].Up;
        }

        await Task.WhenAll(silos.Select(silo => silo.Up));
        await Task.WhenAll(silos.Select(silo => silo.AskAsync(new Order(0, Order.Ping))));
        return new SealRun(silos);
    }

    private async Task<double> FloodAsync(double seconds)
    {
        var flood = await _silos[0].AskAsync(new Order(0, LargeOrder.Flood, Seconds: seconds));
        return flood.Number / Stopwatch.GetElapsedTime(flood.Start, flood.End).TotalSeconds;
    }

    private async Task<double> VerbsAsync(double seconds)
    {
        var times = (await _silos[0].AskAsync(new Order(0, LargeOrder.Verbs, Seconds: seconds))).Times!;
        return times.Where((_, i) => i % 2 == 1).Sum() / seconds;
    }

    /// <summary>One after another, each until the other silo has served it.</summary>
    private async Task<double> ReplicateAsync()
    {
        var took = 0.0;
        for (var i = 0; i < LargeValues; i++)
        {
            var round = ++_round;
            var other = _silos[1].AskAsync(new Order(0, LargeOrder.Await, LargeBytes, round));
            await _silos[1].AskAsync(new Order(0, Order.Ping)); // it looks out for it
            var put = await _silos[0].AskAsync(new Order(0, LargeOrder.Put, LargeBytes, round));
            took += Stopwatch.GetElapsedTime(put.Start, Math.Max(put.End, (await other).End)).TotalSeconds;
        }

        return LargeValues / took;
    }
}

/// <summary>What was measured.</summary>
/// <param name="Scenario">What the operations are.</param>
/// <param name="PlainOperationsPerSecond">Between silos that seal nothing; the median of the rounds.</param>
/// <param name="SealedOperationsPerSecond">Between silos that seal.</param>
/// <param name="Ratio">The one by the other; the median of the rounds.</param>
internal sealed record SealRow(string Scenario, double PlainOperationsPerSecond, double SealedOperationsPerSecond, double Ratio);
