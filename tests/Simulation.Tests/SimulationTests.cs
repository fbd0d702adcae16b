using System.Diagnostics;
using System.Globalization;

namespace McCache.Simulation.Tests;

/// <summary>Random clusters of the production classes in virtual time. A failing seed is printed with the fewest of its faults that still fail, and how to replay it.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static readonly Lazy<Tally> s_invalidated = new(() => Check(Coherence.Invalidate, 0, Number("MCCACHE_SEEDS", 2_000)));
    private static readonly Lazy<Tally> s_replicated = new(() => Check(Coherence.Replicate, 0, Number("MCCACHE_SEEDS", 2_000)));

    [Fact]
    public void Coherence_holds_for_every_seed() => output.WriteLine(s_invalidated.Value.ToString());

    [Fact]
    public void Coherence_and_convergence_hold_for_every_seed() => output.WriteLine(s_replicated.Value.ToString());

    [Theory, Trait("Lane", "soak")]
    [InlineData(Coherence.Invalidate)]
    [InlineData(Coherence.Replicate)]
    public void They_hold_for_very_many_seeds(Coherence coherence) => output.WriteLine(Check(coherence, 100_000, Number("MCCACHE_SOAK_SEEDS", 100_000)).ToString());

    [Fact]
    public void Everything_that_may_happen_happens_in_the_default_seeds()
    {
        if (Environment.GetEnvironmentVariable("MCCACHE_SEED") is null)
            Assert.DoesNotContain(Enum.GetValues<Seen>(), what => s_invalidated.Value[what] + s_replicated.Value[what] == 0);
    }

    [Fact]
    public void A_seed_replays_exactly()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var plan = PlanOf(seed % 2 == 0 ? Coherence.Invalidate : Coherence.Replicate, seed);
            Assert.Equal(World.Run(plan).Queue.Trace, World.Run(plan).Queue.Trace);
        }
    }

    /// <summary>In another process hash codes differ, and nothing must follow them.</summary>
    [Fact]
    public async Task A_seed_replays_exactly_in_another_process()
    {
        const string Child = "MCCACHE_CHILD";
        var trace = World.Run(Plan.FromSeed(7)).Queue.Trace.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(trace);
        if (Environment.GetEnvironmentVariable(Child) is not null)
            return;
        var start = new ProcessStartInfo("dotnet", [typeof(World).Assembly.Location, "-method", "*another_process", "-showLiveOutput"]) { RedirectStandardOutput = true };
        start.Environment[Child] = "1";
        using var process = Process.Start(start)!;
        Assert.Contains(trace, await process.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    internal static int Number(string name, int otherwise)
        => Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Runs seeds on all cores, each world on one thread.</summary>
    private static Tally Check(Coherence coherence, int first, int count)
    {
        var rule = Enum.Parse<Rule>(Environment.GetEnvironmentVariable("MCCACHE_RULE") ?? nameof(Rule.None));
        if (Environment.GetEnvironmentVariable("MCCACHE_SEED") is not null)
            (first, count) = (Number("MCCACHE_SEED", 0), 1);
        var (watch, total, failing) = (Stopwatch.StartNew(), new Tally(), int.MaxValue);
        Parallel.For(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, loop) =>
        {
            var world = World.Run(PlanOf(coherence, seed), rule);
            lock (total)
            {
                total.Add(world.Tally);
                if (world.Violations.Count == 0)
                    return;
                failing = Math.Min(failing, seed);
                loop.Break(); // the seeds before it still run
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} seeds in {watch.Elapsed}");
        if (failing != int.MaxValue)
            Fail(PlanOf(coherence, failing), rule);
        return total;
    }

    private static Plan PlanOf(Coherence coherence, int seed)
    {
        var plan = Plan.FromSeed(seed) with { IsReplicated = coherence == Coherence.Replicate };
        return Environment.GetEnvironmentVariable("MCCACHE_FAULTS") is { } kept
            ? plan.Keep(kept.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(index => int.Parse(index, CultureInfo.InvariantCulture)))
            : plan;
    }

    private static void Fail(Plan plan, Rule rule)
    {
        var violations = World.Run(plan, rule).Violations;
        var least = Minimizer.Minimize(plan, rule, Minimizer.PropertyOf(violations[0]));
        Assert.Fail($"""
            Seed {plan.Seed}: {violations[0]}
            With {least.Faults.Count} of {plan.Faults.Count} faults: {World.Run(least, rule).Violations[0]}
            {Minimizer.Describe(least, rule)}
            """);
    }
}
