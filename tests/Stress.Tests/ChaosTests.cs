namespace McCache.Stress.Tests;

/// <summary>Everything that can go wrong, with real processes.</summary>
[Trait("Lane", "chaos")]
public sealed class ChaosTests
{
    [Fact]
    public async Task Run_with_every_fault_reads_nothing_stale()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "3", "--minutes", "1", "--faults", "kill,pause,partition,table,drop", "--json");

        Assert.True(exitCode == 0, said);
        Assert.NotNull(report);
        Assert.Equal(0, report.StaleReads);
        Assert.True(report is { Kills: > 0, Pauses: > 0, Partitions: > 0, TableOutages: > 0, Drops: > 0 }, said);
        Assert.NotNull(report.HitRatioDuringCrash);
    }

    [Fact]
    public async Task Run_with_every_fault_of_clients_reads_nothing_stale_and_keeps_nothing_of_the_dead()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "3", "--clients", "2", "--minutes", "1", "--faults", "kill,pause,partition,move", "--json");

        Assert.True(exitCode == 0, said);
        Assert.NotNull(report);
        Assert.True(report is { StaleReads: 0, ClientStaleReads: 0, HungVerbs: 0, ClientsKept: 0, Moves: > 0, Kills: > 1, Pauses: > 1, Partitions: > 1 }, said);
        Assert.Contains(report.Faults, fault => fault is { Fault: "kill", IsOfClient: true });
        Assert.Contains(report.Faults, fault => fault is { Fault: "pause", IsOfClient: true });
        Assert.NotNull(report.LongestOutageSeconds);
        Assert.NotNull(report.LongestVerbDuringClientFaultSeconds);
    }

    [Fact]
    public async Task Run_with_clients_whose_connections_stall_reads_nothing_stale()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "2", "--clients", "1", "--minutes", "0.2", "--faults", "partition,move", "--loopback", "--json");

        Assert.True(exitCode == 0, said);
        Assert.True(report is { StaleReads: 0, Partitions: > 1, Moves: > 0 }, said);
    }

    /// <summary>The ancestor's test: what it loses is never made up for there.</summary>
    [Theory]
    [InlineData("3", "30")]
    [InlineData("5", "4")]
    public async Task Run_that_loses_batches_all_the_time_ends_with_the_same_keys_in_the_same_order_on_all_silos(string silos, string percent)
    {
        var (exitCode, report, said) = await StressTool.RunAsync(
            "--silos", silos, "--minutes", "0.05", "--faults", "none", "--coherence", "replicate", "--loss", percent, "--json");

        Assert.True(exitCode == 0, said);
        Assert.True(report is { StaleReads: 0, IncoherentKeys: 0, DigestsEqual: true, SequencesEqual: true, Drops: > 0 }, said);
    }

    /// <summary>Where there are no network namespaces.</summary>
    [Fact]
    public async Task Run_with_stalled_connections_reads_nothing_stale()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "3", "--minutes", "0.2", "--faults", "partition", "--loopback", "--json");

        Assert.True(exitCode == 0, said);
        Assert.True(report is { StaleReads: 0, Partitions: > 0 }, said);
    }
}
