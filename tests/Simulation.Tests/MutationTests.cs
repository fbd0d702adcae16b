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

    [Theory]
    [InlineData(Rule.ClientLease, "P1", Coherence.Invalidate)]
    [InlineData(Rule.GatewayValidity, "P1", Coherence.Invalidate)]
    [InlineData(Rule.ClientSettled, "P1", Coherence.Invalidate)]
    [InlineData(Rule.AttachDrop, "P1", Coherence.Invalidate)]
    [InlineData(Rule.Interest, "P1", Coherence.Invalidate)]
    [InlineData(Rule.ReadAfter, "P1", Coherence.Replicate)]
    [InlineData(Rule.PendingSets, "P1", Coherence.Replicate)]
    [InlineData(Rule.Again, "P1", Coherence.Replicate)]
    public void Without_a_rule_of_clients_a_property_is_violated(Rule rule, string property, Coherence coherence) => Check(rule, property, coherence, withClients: true);

    private void Check(Rule rule, string property, Coherence coherence, bool withClients = false)
    {
        var seeds = SimulationTests.Number("MCCACHE_MUTANT_SEEDS", 1_500);
        var first = Enumerable.Range(0, int.MaxValue).Select(Plan.FromSeed).Where(plan => plan.Clients > 0 || !withClients).Take(seeds).AsParallel().AsOrdered()
            .Select(plan => (plan.Seed, Violation: World.Run(plan with { IsReplicated = coherence == Coherence.Replicate }, rule).Violations.Find(violation => Minimizer.PropertyOf(violation) == property)))
            .FirstOrDefault(run => run.Violation is not null);
        Assert.True(first.Violation is not null, $"Nothing misses {rule} in {seeds} seeds.");
        output.WriteLine($"{rule}: seed {first.Seed}: {first.Violation}");
    }
}
