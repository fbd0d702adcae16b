namespace McCache.Simulation.Tests;

public sealed class MinimizerTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Rule.DeadWait)]
    [InlineData(Rule.KeptValidity)]
    public void A_minimized_plan_fails_with_fewer_faults_and_replays_exactly(Rule rule)
    {
        var seed = Enumerable.Range(0, 300).First(seed => Fails(Plan.FromSeed(seed)));
        var plan = Plan.FromSeed(seed);
        var least = Minimizer.Minimize(plan, rule, "P1");
        output.WriteLine($"{plan.Faults.Count} faults, then {least.Faults.Count}:{Environment.NewLine}{Minimizer.Describe(least, rule)}");
        Assert.InRange(least.Faults.Count, 0, (plan.Faults.Count / 2) - 1);
        Assert.True(Fails(least));
        Assert.All(least.Faults, fault => Assert.False(Fails(least with { Faults = [.. least.Faults.Where(other => other != fault)] })));
        Assert.Empty(World.Run(least).Violations);

        var replayed = Plan.FromSeed(seed).Keep(least.Faults.Select(fault => fault.Index));
        Assert.Equal(World.Run(least, rule).Queue.Trace, World.Run(replayed, rule).Queue.Trace);

        bool Fails(Plan plan) => World.Run(plan, rule).Violations.Exists(violation => Minimizer.PropertyOf(violation) == "P1");
    }
}
