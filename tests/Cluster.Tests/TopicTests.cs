using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace McCache.Cluster.Tests;

/// <summary>A silo that has not added a cache gets nothing of it, and is in nobody's way; unless a client of it has.</summary>
public sealed class TopicTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silo_without_a_cache_gets_nothing_of_it()
    {
        var silos = 0;
        await using var cluster = await CacheCluster.StartAsync(3, silo =>
        {
            if (Interlocked.Increment(ref silos) < 3)
                silo.AddMcCache(caches => caches.Add<string, string>("theirs"));
        });
        InProcessSiloHandle[] with = [.. cluster.Silos.Where(silo => silo.ServiceProvider.GetRequiredService<CacheMember>().Caches.Count == 2)];
        var without = Assert.Single(cluster.Silos, silo => !with.Contains(silo));
        var (here, there) = (CacheCluster.Cache<string, string>(with[0], "theirs"), CacheCluster.Cache<string, string>(with[1], "theirs"));
        await CacheCluster.Cache<string, int>(with[0], "cache").RemoveAsync("everybody knows who listens to what", Token); // lanes keep their order
        await CacheCluster.Cache<string, int>(without, "cache").RemoveAsync("everybody knows who listens to what", Token);
        var (applied, all) = (Applied(without), Applied(with[1]));
        for (var i = 0; i < 100; i++)
        {
            there.GetOrAdd("a", _ => "old");
            await here.SetAsync("a", "new", Token);
            Assert.False(there.ContainsKey("a"));
        }

        Assert.Equal((applied, all + 100), (Applied(without), Applied(with[1])));
    }

    [Fact]
    public async Task A_client_hears_what_its_gateway_has_not_added()
    {
        var silos = 0;
        await using var cluster = await ClientCluster.StartAsync(2, silo =>
        {
            if (Interlocked.Increment(ref silos) == 1)
                silo.AddMcCache(caches => caches.Add<string, string>("theirs"));
        });
        var client = await cluster.AddClientAsync(configure: caches => caches.Add<string, string>("theirs"), silos: 1);
        var near = await client.GetMcCacheAsync<string, string>("theirs", Token);
        var silo = cluster.Cache<string, string>(0, "theirs");
        for (var i = 0; i < 100; i++)
        {
            near.GetOrAdd("a", _ => "old");
            await silo.SetAsync("a", "new", Token);
            Assert.False(near.ContainsKey("a"));
        }
    }

    private static long Applied(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<MulticastMembers>().Find(CacheMember.ProviderName)!.GetStatistics().Applied;
}
