namespace McCache.Stress.Tests;

/// <summary>Two silos and a client whose coherent verbs tell nobody: if the check did not find that, it would find nothing.</summary>
public sealed class SabotagedRunTests
{
    [Fact]
    public async Task Run_whose_verbs_do_not_tell_the_cache_is_found_out()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "2", "--clients", "1", "--minutes", "0.05", "--sabotage", "--json");

        Assert.Equal(1, exitCode);
        Assert.NotNull(report);
        Assert.True(report is { Passed: false, StaleReads: > 0, ClientStaleReads: > 0 }, said);
        Assert.Contains("STALE: ", said, StringComparison.Ordinal);
    }
}
