using System.Diagnostics;

namespace McCache.Simulation.Tests;

/// <summary>Random clusters of the production classes in virtual time. A failing seed is printed; <c>MCCACHE_SEED</c> replays it.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Coherence_holds_for_every_seed() => Check(0, Count("MCCACHE_SEEDS", 300));

    [Fact, Trait("Lane", "soak")]
    public void Coherence_holds_for_very_many_seeds() => Check(100_000, Count("MCCACHE_SEEDS", 100_000));

    [Fact]
    public void A_seed_replays_exactly() => Assert.Equal(World.Run(7, Rule.None).Trace, World.Run(7, Rule.None).Trace);

    [Theory]
    [InlineData(Rule.Fence)]
    [InlineData(Rule.FreshView)]
    [InlineData(Rule.StartWait)]
    [InlineData(Rule.ValidReader)]
    [InlineData(Rule.DeadWait)]
    [InlineData(Rule.Join)]
    [InlineData(Rule.EarlyFill)]
    public void Without_a_rule_a_read_is_stale(Rule rule)
    {
        var seeds = Count("MCCACHE_MUTANT_SEEDS", 300);
        for (var seed = 0; seed < seeds; seed++)
        {
            if (World.Run(seed, rule).Violations.Find(violation => violation.Contains("P1", StringComparison.Ordinal)) is { } violation)
            {
                output.WriteLine($"{rule}: seed {seed}: {violation}");
                return;
            }
        }

        Assert.Fail($"{rule} is not missed in {seeds} seeds");
    }

    private static int Count(string name, int otherwise)
        => Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    private void Check(int first, int count)
    {
        if (Environment.GetEnvironmentVariable("MCCACHE_SEED") is not null)
            (first, count) = (Count("MCCACHE_SEED", 0), 1);
        var (watch, hits, misses, verbs) = (Stopwatch.StartNew(), 0L, 0L, 0L);
        for (var seed = first; seed < first + count; seed++)
        {
            var world = World.Run(seed, Rule.None);
            (hits, misses, verbs) = (hits + world.Hits, misses + world.Misses, verbs + world.Completions);
            if (world.Violations.Count > 0)
                Assert.Fail($"MCCACHE_SEED={seed}: {string.Join(Environment.NewLine, world.Violations.Take(5))}");
        }

        output.WriteLine($"{count} seeds in {watch.Elapsed}: {hits} hits, {misses} misses, {verbs} verbs");
    }
}
