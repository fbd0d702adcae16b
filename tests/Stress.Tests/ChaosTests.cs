namespace McCache.Stress.Tests;

/// <summary>Everything that can go wrong, with real processes.</summary>
public sealed class ChaosTests
{
    [Theory, Trait("Lane", "chaos")]
    [InlineData("--pace", "1")]
    [InlineData("--loopback")]
    public async Task Run_with_every_fault_reads_nothing_stale(params string[] more)
    {
        var (exitCode, report, said) = await StressTool.RunAsync(["--silos", "3", "--minutes", "1", "--faults", "kill,pause,partition,table,drop", "--json", .. more]);

        Assert.True(exitCode == 0, said);
        Assert.NotNull(report);
        Assert.Equal(0, report.StaleReads);
        Assert.True(report is { Kills: > 0, Pauses: > 0, Partitions: > 0, TableOutages: > 0, Drops: > 0 }, said);
    }
}
