using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace McCache.Cluster.Tests;

/// <summary>One silo of three hangs, or dies, while a client outside asks all. The primary is the one that answers.</summary>
public sealed class AdministrationFailureTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hung_silo_has_an_error_and_costs_the_others_nothing()
    {
        await using var cluster = await ExternalCluster.StartAsync(3, isGatewayPrimaryOnly: true);
        var (hung, gate) = Shut(cluster);
        var administration = cluster.Client.GetMcCacheAdministration();
        var caches = cluster.Caches<string, int>("invalidated");
        foreach (var cache in caches)
            cache.GetOrAdd("a", key => 1);

        var (snapshots, statistics, digests, metadata, evicted, cleared) = (
            administration.GetSnapshotsAsync(new SnapshotRequest(), Token).AsTask(),
            administration.GetStatisticsAsync(Token).AsTask(),
            administration.GetDigestsAsync("replicated", Token).AsTask(),
            administration.GetMetadataAsync("invalidated", "a", Token).AsTask(),
            administration.EvictAsync("numbers", 1L, Token).AsTask(),
            administration.EvictAllAsync("places", Token).AsTask());
        Check(await snapshots, one => one.Caches.Count == 5);
        Assert.False(statistics.IsCompleted); // people wait for a snapshot, so it waits half as long for a silo
        Check(await statistics, one => one.Count == 5);
        Check(await digests, one => one == 0);
        Check(await metadata, one => one is not null);
        Check(await evicted, one => !one);
        Check(await cleared, one => one == 0);
        Assert.False((await digests).Agree());
        gate.Open();

        void Check<T>(IReadOnlyList<SiloResult<T>> results, Func<T, bool> isRight)
        {
            Assert.Equal(cluster.Silos.Select(silo => silo.SiloAddress), results.Select(result => result.Silo));
            Assert.IsType<TimeoutException>(results.Single(result => result.Silo.Equals(hung.SiloAddress)).Error);
            Assert.All(results.Where(result => !result.Silo.Equals(hung.SiloAddress)), result => Assert.True(result.IsSuccess && isRight(result.Value!), $"{result}"));
        }
    }

    [Fact]
    public async Task A_silo_that_is_killed_while_it_is_asked_has_an_error()
    {
        await using var cluster = await ExternalCluster.StartAsync(3, isGatewayPrimaryOnly: true);
        var (killed, gate) = Shut(cluster);
        var asking = cluster.Client.GetMcCacheAdministration().GetStatisticsAsync(Token).AsTask();
        await gate.Reached.WaitAsync(Token);
        var addresses = cluster.Silos.Select(silo => silo.SiloAddress).ToArray();
        var killing = cluster.Host.KillSiloAsync(killed);
        var results = await asking;
        Assert.Equal(addresses, results.Select(result => result.Silo));
        output.WriteLine($"{results.Single(result => !result.IsSuccess).Error}");
        Assert.All(results, result => Assert.Equal(!result.Silo.Equals(killed.SiloAddress), result.IsSuccess));
        gate.Open();
        await killing;
    }

    [Fact]
    public async Task A_caller_that_cancels_waits_no_longer()
    {
        await using var cluster = await ExternalCluster.StartAsync(2, isGatewayPrimaryOnly: true);
        var (_, gate) = Shut(cluster);
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var asking = cluster.Client.GetMcCacheAdministration().GetStatisticsAsync(cancelling.Token).AsTask();
        await gate.Reached.WaitAsync(Token);
        Assert.False(asking.IsCompleted);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        gate.Open();
    }

    private static (InProcessSiloHandle Silo, Gate Gate) Shut(ExternalCluster cluster)
    {
        var silo = cluster.Silos.Last(silo => silo != cluster.Host.Primary);
        var gate = silo.ServiceProvider.GetRequiredService<Gate>();
        gate.Shut("IAdministrationEndpoint");
        return (silo, gate);
    }
}
