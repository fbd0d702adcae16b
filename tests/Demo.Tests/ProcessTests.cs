namespace McCache.Demo.Tests;

/// <summary>However the demo ends, no process of it is left behind.</summary>
public sealed class ProcessTests
{
    private const string Kept = "The logs of the silos are kept in ";

    [Fact(Timeout = 180_000)]
    public async Task Silos_and_clients_end_when_their_parent_is_killed()
    {
        await using var demo = DemoProcess.Start("--seconds", "3600", "--silos", "2", "--clients", "1", "--json");
        await demo.ReplayingAsync();
        Assert.Equal(3, demo.Members.Count);
        Assert.DoesNotContain(demo.Members, member => member.HasExited);

        demo.Crash();

        await demo.MembersEndAsync();
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
        await demo.MembersEndAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_client_that_crashes_fails_the_run_and_ends_the_others()
    {
        await using var demo = DemoProcess.Start("--seconds", "3600", "--silos", "1", "--clients", "1", "--json");
        await demo.ReplayingAsync();

        demo.Members[1].Kill();

        var (exitCode, _, errors) = await demo.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains($"Client 1 (process {demo.Members[1].Id}) ended with exit code 137", errors, StringComparison.Ordinal);
        await demo.MembersEndAsync();
        Directory.Delete(errors[(errors.IndexOf(Kept, StringComparison.Ordinal) + Kept.Length)..].Split('\n')[0], recursive: true);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_silo_that_crashes_fails_the_run_and_ends_the_others()
    {
        await using var demo = DemoProcess.Start("--seconds", "3600", "--json");
        await demo.ReplayingAsync();

        demo.Members[1].Kill();

        var (exitCode, output, errors) = await demo.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains($"Silo 2 (process {demo.Members[1].Id}) ended with exit code 137", errors, StringComparison.Ordinal);
        await demo.MembersEndAsync();

        var folder = errors.Split('\n').Single(line => line.StartsWith(Kept, StringComparison.Ordinal))[Kept.Length..];
        Assert.True(File.Exists(Path.Combine(folder, "silo-2.log")));
        Directory.Delete(folder, recursive: true);
    }
}
