namespace McCache.Stress.Tests;

/// <summary>Two silos under load that lose, repeat and reorder batches.</summary>
public sealed class LossyRunTests
{
    [Fact]
    public async Task Run_with_lost_batches_reads_nothing_stale()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "2", "--minutes", "0.1", "--faults", "drop", "--seed", "2", "--json");

        Assert.True(exitCode == 0, said);
        Assert.NotNull(report);
        Assert.Equal(0, report.StaleReads);
        Assert.True(report.Drops > 0, said);
    }
}
