namespace McCache.Cluster.Tests;

/// <summary>Clients outside the cluster with copies of their own.</summary>
public sealed class NearCacheTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_near_cache_follows_the_silos_and_the_silos_follow_it()
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        var client = await cluster.AddClientAsync();
        var near = await client.GetMcCacheAsync<string, int>("cache", Token);
        Assert.Equal(1, await near.GetOrAddAsync("a", (_, _) => new ValueTask<int>(1), Token));
        Assert.True(near.ContainsKey("a"));
        foreach (var silo in new[] { 0, 1 })
        {
            await near.SetAsync("a", silo, Token);
            Assert.Equal(silo, near["a"]);
            Assert.False(cluster.Cache<string, int>(1 - silo, "cache").ContainsKey("a"));
            await cluster.Cache<string, int>(silo, "cache").SetAsync("a", 7, Token);
            Assert.False(near.ContainsKey("a"));
            await near.RemoveAsync("a", Token);
            Assert.False(cluster.Cache<string, int>(silo, "cache").ContainsKey("a"));
        }
    }

    [Fact]
    public async Task A_near_cache_of_a_replicated_cache_reads_its_gateways_copy()
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        var client = await cluster.AddClientAsync();
        var near = await client.GetMcCacheAsync<string, string>("replica", Token);
        var silo = cluster.Cache<string, string>(1, "replica");
        await silo.SetAsync("a", "one", new CacheEntryOptions { Tags = ["t"] }, Token);
        Assert.Equal("one", await near.GetOrAddAsync("a", (_, _) => throw new InvalidOperationException("the factory was called"), Token));
        Assert.Equal("one", near["a"]);
        await silo.RemoveByTagAsync("t", Token);
        Assert.False(near.ContainsKey("a"));
        await near.SetAsync("b", "two", Token);
        Assert.Equal("two", silo["b"]);
        Assert.Equal("two", cluster.Cache<string, string>(0, "replica")["b"]);
        var large = new string('x', 300_000);
        await silo.SetAsync("large", large, Token);
        Assert.Equal(large, await near.GetOrAddAsync("large", (_, _) => throw new InvalidOperationException("the factory was called"), Token));
        await near.SetAsync("large", large + "y", Token);
        Assert.False(silo.TryGetValue("large", out var old) && old.Length == 300_000);
    }
}
