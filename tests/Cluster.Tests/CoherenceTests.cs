namespace McCache.Cluster.Tests;

/// <summary>P1 without faults: on 3 and on 5 silos, and while every one of them is restarted in turn.</summary>
public sealed class CoherenceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_read_after_a_coherent_verb_never_gets_the_older_value(int silos)
    {
        await using var cluster = await CacheCluster.StartAsync(silos, Hasten);
        var caches = Enumerable.Range(0, silos).Select(cluster.Cache).ToArray();
        var workload = new Workload(Seed());
        using var until = new CancellationTokenSource();
        var load = workload.RunAsync(() => caches, 8, until.Token);
        await workload.BegunAsync(load);
        until.CancelAfter(TimeSpan.FromSeconds(3));
        await load;
        Report(workload);
    }

    [Fact]
    public async Task It_holds_while_every_silo_is_restarted()
    {
        await using var cluster = await CacheCluster.StartAsync(3, Hasten);
        var serving = cluster.Silos.ToList();
        var caches = Snapshot();
        var workload = new Workload(Seed());
        using var until = new CancellationTokenSource();
        var load = workload.RunAsync(() => Volatile.Read(ref caches), 6, until.Token);
        await workload.BegunAsync(load);
        foreach (var old in cluster.Silos.ToArray())
        {
            serving.Remove(old);
            Volatile.Write(ref caches, Snapshot());
            await cluster.Host.StopSiloAsync(old);
            serving.Add(await cluster.Host.StartAdditionalSiloAsync());
            Volatile.Write(ref caches, Snapshot());
        }

        await until.CancelAsync();
        await load;
        Report(workload);

        IReadOnlyList<IMcCache<string, int>> Snapshot() => [.. serving.Select(silo => CacheCluster.Cache<string, int>(silo, "cache"))];
    }

    [Fact]
    public async Task A_write_on_a_stopping_silo_and_reads_on_the_others_stay_coherent()
    {
        await using var cluster = await CacheCluster.StartAsync(3, Hasten);
        var caches = Enumerable.Range(0, 3).Select(cluster.Cache).ToArray();
        var workload = new Workload(Seed());
        using var until = new CancellationTokenSource();
        var load = workload.RunAsync(() => caches, 6, until.Token); // the stopping silo's cache stays in use
        await workload.BegunAsync(load);
        await cluster.Host.StopSiloAsync(cluster.Silos[2]);
        await until.CancelAsync();
        await load;
        Report(workload);
    }

    /// <summary>Validity lapses now and then, which must not matter either.</summary>
    private static void Hasten(ISiloBuilder silo)
        => silo.Configure<McCacheOptions>(options => (options.LeaseDuration, options.LeaseRenewal) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(100)));

    private static int Seed() => Random.Shared.Next(1_000_000);

    private void Report(Workload workload)
    {
        output.WriteLine($"{workload.Reads:N0} reads, {workload.Hits:N0} direct hits, {workload.Writes:N0} coherent verbs");
        Assert.Empty(workload.Violations);
        Assert.True(workload is { Hits: > 0, Writes: > 0 }, "the load ran");
    }
}
