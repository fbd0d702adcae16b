using Microsoft.Extensions.DependencyInjection;

namespace McCache.Cluster.Tests;

/// <summary>A grain that has nothing to do with caches, to be asked about those of its silo.</summary>
[Alias("McCache.Cluster.Tests.IBystander")]
public interface IBystander : IGrainWithIntegerKey
{
    /// <summary>The silo where it lives.</summary>
    [Alias("Where")]
    Task<SiloAddress> WhereAsync();
}

internal sealed class Bystander(ILocalSiloDetails silo) : Grain, IBystander
{
    public Task<SiloAddress> WhereAsync() => Task.FromResult(silo.SiloAddress);
}

/// <summary>The cache's door and its extension, in and out of the silo.</summary>
public sealed class GrainTests(GrainTests.Fixture fixture) : IClassFixture<GrainTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IGrainFactory Client => fixture.Cluster.Host.Client;

    [Fact]
    public async Task The_door_reads_and_writes_coherently_from_a_client()
    {
        var grain = Client.GetGrain<ICacheGrain<string, int>>("cache");
        await grain.ClearAsync(Token);
        await grain.SetAsync("a", 1, new CacheEntryOptions { Tags = ["t"] }, Token);
        await grain.SetRangeAsync([new("b", 2), new("c", 3)], Token);
        await grain.RemoveAsync("b", Token);
        // Which silo answers a client is the gateway's choice, and in an invalidating cache only the writer's silo has the value.
        var total = 0;
        for (var silo = 0; silo < 3; silo++)
            total += fixture.Cluster.Cache(silo).Count;
        Assert.Equal(2, total);
        await grain.RemoveByTagAsync("t", Token);
        Assert.All(Enumerable.Range(0, 3), silo => Assert.False(fixture.Cluster.Cache(silo).ContainsKey("a")));
    }

    [Fact]
    public async Task Inside_a_silo_the_door_is_that_silos_own()
    {
        for (var silo = 0; silo < 3; silo++)
        {
            var cache = CacheCluster.Cache<long, string>(fixture.Cluster.Silos[silo], "numbers");
            cache.Clear();
            await cache.SetAsync(silo, $"from {silo}", Token);
            await cache.SetAsync(silo + 10, "more", Token);
            var grain = fixture.Cluster.Silos[silo].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<ICacheGrain<long, string>>("numbers");
            Assert.Equal(new CacheLookup<string>(true, $"from {silo}"), await grain.TryGetAsync(silo));
            Assert.False((await grain.TryGetAsync(silo + 1)).Found);
            Assert.Equal(2, await grain.CountAsync());
            Assert.Equal([true, false, true], (await grain.GetRangeAsync([silo, 99, silo + 10])).Select(found => found.Found));
            var entries = new List<long>();
            await foreach (var (key, _) in grain.EnumerateAsync(Token))
                entries.Add(key);
            Assert.Equal([silo, silo + 10], entries);
        }
    }

    [Fact]
    public async Task An_unknown_cache_and_wrong_types_are_clear_to_the_caller()
    {
        var unknown = await Assert.ThrowsAsync<InvalidOperationException>(() => Client.GetGrain<ICacheGrain<string, int>>("nothing").CountAsync().AsTask());
        Assert.Contains("'nothing'", unknown.Message, StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => Client.GetGrain<ICacheGrain<string, long>>("cache").CountAsync().AsTask());
        Assert.Contains("System.Int64", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_grain_answers_for_the_caches_of_its_silo()
    {
        var bystander = Client.GetGrain<IBystander>(7);
        var where = await bystander.WhereAsync();
        var silo = fixture.Cluster.Silos.Single(handle => handle.SiloAddress.Equals(where));
        var cache = CacheCluster.Cache<string, int>(silo, "asked");
        cache.Set("a", 1, new CacheEntryOptions { Tags = ["t"], Size = 5 });
        cache["b"] = 2;
        var extension = bystander.AsReference<ICacheExtension>();

        var statistics = await extension.GetStatisticsAsync();
        Assert.Equal(["asked", "cache", "numbers"], statistics.Select(one => one.Name));
        Assert.Equal(2, statistics[0].Entries);
        var metadata = await extension.GetMetadataAsync("asked", "a");
        Assert.Equal(["t"], metadata!.Value.Tags);
        Assert.Equal(5, metadata.Value.Size);
        Assert.Null(await extension.GetMetadataAsync("asked", "x"));

        var digest = await extension.GetDigestAsync("asked");
        Assert.True(await extension.EvictAsync("asked", "b"));
        Assert.False(await extension.EvictAsync("asked", "b"));
        Assert.NotEqual(digest, await extension.GetDigestAsync("asked"));
        cache["b"] = 3;
        Assert.Equal(digest, await extension.GetDigestAsync("asked"));

        await extension.ClearAsync("asked");
        Assert.Empty(cache);
        var unknown = await Assert.ThrowsAsync<InvalidOperationException>(() => extension.GetDigestAsync("nothing").AsTask());
        Assert.Contains("'asked', 'cache', 'numbers'", unknown.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => extension.EvictAsync("asked", 5).AsTask());
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal CacheCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync()
            => Cluster = await CacheCluster.StartAsync(
                3,
                silo =>
                {
                    silo.AddMcCache(caches => caches.Add<long, string>("numbers").Add<string, int>("asked"));
                    silo.Services.AddSingleton<IMcCacheAuthorizer, Policy>(); // the client administers
                });

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
