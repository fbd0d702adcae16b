namespace McCache.Demo.Tests;

/// <summary>However the demo ends, no silo process is left behind.</summary>
public sealed class ProcessTests
{
    [Fact(Timeout = 180_000)]
    public async Task Silos_end_when_their_parent_is_killed()
    {
        await using var demo = DemoProcess.Start("--seconds", "3600", "--json");
        await demo.ReplayingAsync();
        Assert.Equal(3, demo.Silos.Count);
        Assert.DoesNotContain(demo.Silos, silo => silo.HasExited);

        demo.Crash();

        await demo.SilosEndAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_signal_ends_the_run_in_order_and_with_its_figures()
    {
        await using var demo = DemoProcess.Start("--seconds", "3600", "--json");
        await demo.ReplayingAsync();

        demo.Terminate();

        var (exitCode, output, errors) = await demo.EndAsync();
        Assert.True(exitCode == 130, errors);
        Assert.Contains("\"staleReads\":0", output, StringComparison.Ordinal);
        await demo.SilosEndAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_silo_that_crashes_fails_the_run_and_ends_the_others()
    {
        await using var demo = DemoProcess.Start("--seconds", "3600", "--json");
        await demo.ReplayingAsync();

        demo.Silos[1].Kill();

        var (exitCode, output, errors) = await demo.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains($"Silo 2 (process {demo.Silos[1].Id}) ended with exit code 137", errors, StringComparison.Ordinal);
        await demo.SilosEndAsync();

        const string Kept = "The logs of the silos are kept in ";
        var folder = errors.Split('\n').Single(line => line.StartsWith(Kept, StringComparison.Ordinal))[Kept.Length..];
        Assert.True(File.Exists(Path.Combine(folder, "silo-2.log")));
        Directory.Delete(folder, recursive: true);
    }
}
