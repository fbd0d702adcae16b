namespace McCache.Simulation.Tests;

/// <summary>Random search finds the absence of these rules. Those that guard corners it meets too seldom have a scenario of their own in ScenarioTests.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Rule.Fence, "P1")]
    [InlineData(Rule.FreshView, "P1")]
    [InlineData(Rule.ValidReader, "P1")]
    [InlineData(Rule.DeadWait, "P1")]
    [InlineData(Rule.EarlyFill, "P1")]
    [InlineData(Rule.Join, "P2")]
    [InlineData(Rule.EarlyGoodbye, "P1")]
    [InlineData(Rule.LaneFirst, "P1")]
    [InlineData(Rule.KeptValidity, "P1")]
    [InlineData(Rule.Gap, "P1")]
    public void Without_a_rule_a_property_is_violated(Rule rule, string property) => Check(rule, property, Coherence.Invalidate);

    [Theory]
    [InlineData(Rule.Overrule, "P1")]
    [InlineData(Rule.Tombstone, "P3")]
    [InlineData(Rule.Watermark, "P3")]
    [InlineData(Rule.Late, "P3")]
    [InlineData(Rule.Drop, "P3")]
    [InlineData(Rule.Digest, "P3")]
    public void Without_a_rule_a_property_of_replicated_caches_is_violated(Rule rule, string property) => Check(rule, property, Coherence.Replicate);

    private void Check(Rule rule, string property, Coherence coherence)
    {
        var seeds = SimulationTests.Number("MCCACHE_MUTANT_SEEDS", 300);
        var first = Enumerable.Range(0, seeds).AsParallel().AsOrdered()
            .Select(seed => (Seed: seed, Violation: World.Run(Plan.FromSeed(seed) with { IsReplicated = coherence == Coherence.Replicate }, rule).Violations.Find(violation => Minimizer.PropertyOf(violation) == property)))
            .FirstOrDefault(run => run.Violation is not null);
        Assert.True(first.Violation is not null, $"Nothing misses {rule} in {seeds} seeds.");
        output.WriteLine($"{rule}: seed {first.Seed}: {first.Violation}");
    }
}
