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

    /// <summary>Where there are no network namespaces.</summary>
    [Fact]
    public async Task Run_with_stalled_connections_reads_nothing_stale()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "3", "--minutes", "0.2", "--faults", "partition", "--loopback", "--json");

        Assert.True(exitCode == 0, said);
        Assert.True(report is { StaleReads: 0, Partitions: > 0 }, said);
    }
}
