namespace McCache.Stress.Tests;

/// <summary>Two silos under load, and nothing goes wrong.</summary>
public sealed class CalmRunTests
{
    [Fact]
    public async Task Run_without_faults_reads_nothing_stale_and_multicasts_writes_only()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "2", "--minutes", "0.05", "--faults", "none", "--seed", "1", "--json");

        Assert.True(exitCode == 0, said);
        Assert.NotNull(report);
        Assert.Equal(0, report.StaleReads);
        Assert.True(report is { CoherentVerbs: > 0, Reads: > 0, DrainSeconds: not null }, said);
        Assert.Equal(0, report.Drops);
        Assert.Equal(report.FramesPublished, report.FramesApplied);
        Assert.InRange(report.FramesPublished, report.Mutations, report.Mutations + 100);
        Assert.Equal(["1", "2"], report.MaxRssMiB.Keys);
        Assert.True(report is { Coherence: "invalidate", DigestsEqual: null, IncoherentKeys: 0 }, said);
    }

    [Theory]
    [InlineData("invalidate")]
    [InlineData("replicate")]
    public async Task Run_with_a_client_reads_nothing_stale_there_and_keeps_nothing_of_it(string coherence)
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "2", "--clients", "1", "--minutes", "0.05", "--faults", "none", "--coherence", coherence, "--json");

        Assert.True(exitCode == 0, said);
        Assert.True(report is { Clients: 1, StaleReads: 0, ClientStaleReads: 0, ClientReads: > 0, ClientVerbs: > 0, IncoherentKeys: 0, HungVerbs: 0, ClientsKept: 0 }, said);
        Assert.Equal(["1", "2", "client 1"], report.MaxRssMiB.Keys);
    }

    [Fact]
    public async Task Run_with_TLS_and_seals_reads_nothing_stale()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "2", "--clients", "1", "--minutes", "0.05", "--faults", "none", "--tls", "--seal", "--json");

        Assert.True(exitCode == 0, said);
        Assert.True(report is { Tls: true, Sealed: true, Clients: 1, StaleReads: 0, CoherentVerbs: > 0, ClientVerbs: > 0 }, said);
    }

    [Fact]
    public async Task Run_that_replicates_ends_with_the_same_keys_in_the_same_order_on_all_silos()
    {
        var (exitCode, report, said) = await StressTool.RunAsync("--silos", "3", "--minutes", "0.05", "--coherence", "replicate", "--json");

        Assert.True(exitCode == 0, said);
        Assert.True(report is { Coherence: "replicate", StaleReads: 0, IncoherentKeys: 0, DigestsEqual: true, SequencesEqual: true, ReplicatedKeys: > 0 }, said);
    }
}
