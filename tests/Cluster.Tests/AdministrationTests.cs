using Microsoft.Extensions.DependencyInjection;

namespace McCache.Cluster.Tests;

/// <summary>All silos asked, and told, by a client outside.</summary>
public sealed class AdministrationTests(AdministrationTests.Fixture fixture) : IClassFixture<AdministrationTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ExternalCluster Cluster => fixture.Cluster;

    private IMcCacheAdministration Administration => Cluster.Client.GetMcCacheAdministration();

    private IEnumerable<SiloAddress> Addresses => Cluster.Silos.Select(silo => silo.SiloAddress);

    [Fact]
    public async Task Statistics_come_from_every_cache_of_every_silo()
    {
        var caches = await EmptyAsync<string, int>("invalidated");
        for (var silo = 0; silo < 3; silo++)
        {
            for (var key = 0; key <= silo; key++)
                caches[silo].GetOrAdd($"{key}", key => 1); // a fill stays where it is
        }

        var results = await Administration.GetStatisticsAsync(Token);
        Assert.Equal(Addresses, results.Select(result => result.Silo));
        Assert.All(results, result => Assert.True(result.IsSuccess, $"{result.Error}"));
        Assert.All(results, result => Assert.Equal(["guids", "invalidated", "numbers", "places", "replicated"], result.Value!.Select(cache => cache.Name)));
        Assert.Equal([1, 2, 3], results.Select(result => result.Value![1].Entries));
    }

    [Fact]
    public async Task Digests_agree_when_and_only_when_all_copies_hold_the_same()
    {
        var filled = await EmptyAsync<string, int>("invalidated");
        filled[0].GetOrAdd("a", key => 1);
        filled[1].GetOrAdd("a", key => 2);
        Assert.False((await Administration.GetDigestsAsync("invalidated", Token)).Agree());
        filled[2].GetOrAdd("a", key => 3);
        Assert.True((await Administration.GetDigestsAsync("invalidated", Token)).Agree());

        var replicas = await EmptyAsync<Place, int>("places");
        for (var number = 0; number < 100; number++)
            await replicas[number % 3].SetAsync(new Place("Abbey Road", number), number, Token);
        var digests = await Administration.GetDigestsAsync("places", Token);
        Assert.True(digests.Agree(), string.Join('\n', digests));
        Assert.NotEqual(0ul, digests[0].Value);
        Assert.Equal(Addresses, digests.Select(digest => digest.Silo));
    }

    [Fact]
    public void No_agreement_without_everybodys_answer()
    {
        SiloResult<ulong> Row(ulong digest, Exception? error = null) => new(SiloAddress.Zero, digest, error);
        Assert.True(new[] { Row(0), Row(0) }.Agree());
        Assert.False(new[] { Row(0), Row(1) }.Agree());
        Assert.False(new[] { Row(0), Row(0, new TimeoutException()) }.Agree());
        Assert.False(Array.Empty<SiloResult<ulong>>().Agree());
    }

    [Fact]
    public async Task Metadata_of_a_key_come_from_every_silo()
    {
        var replicas = await EmptyAsync<Place, int>("places");
        var place = new Place("Baker Street", 221);
        await replicas[1].SetAsync(place, 1, new CacheEntryOptions { Tags = ["london"], Size = 7 }, Token);
        var everywhere = await Administration.GetMetadataAsync("places", place, Token);
        Assert.Equal(Addresses, everywhere.Select(result => result.Silo));
        Assert.All(everywhere, result => Assert.Equal(["london"], result.Value!.Value.Tags));
        Assert.NotNull(Assert.Single(everywhere.Select(result => result.Value!.Value.Version).Distinct()));

        var id = Guid.NewGuid();
        (await EmptyAsync<Guid, string>("guids"))[2].GetOrAdd(id, key => "here only");
        var once = await Administration.GetMetadataAsync("guids", id, Token);
        Assert.Equal([false, false, true], once.Select(result => result.Value is not null));
        Assert.All(once, result => Assert.Null(result.Error));
    }

    [Fact]
    public async Task To_evict_is_each_silos_own_and_no_write()
    {
        var caches = await EmptyAsync<long, string>("numbers");
        for (var silo = 0; silo < 3; silo++)
        {
            caches[silo].GetOrAdd(1, key => "one");
            if (silo > 0)
                caches[silo].GetOrAdd(2, key => "two");
        }

        var before = caches.Select(cache => cache.Statistics).ToArray();
        Assert.Equal([false, true, true], (await Administration.EvictAsync("numbers", 2L, Token)).Select(result => result.Value));
        Assert.Equal([false, false, false], (await Administration.EvictAsync("numbers", 2L, Token)).Select(result => result.Value));
        Assert.All(caches, cache => Assert.Equal([1L], cache.Keys));
        caches[1].GetOrAdd(3, key => "three");
        var cleared = await Administration.EvictAllAsync("numbers", Token);
        Assert.Equal([1, 2, 1], cleared.Select(result => result.Value));
        Assert.All(caches, cache => Assert.Empty(cache));
        Assert.Equal([1L, 3, 2], caches.Zip(before, (cache, was) => cache.Statistics.Evictions - was.Evictions));
        Assert.All(caches.Zip(before), pair => Assert.Equal(pair.Second.Removals + pair.Second.Invalidations, pair.First.Statistics.Removals + pair.First.Statistics.Invalidations));
    }

    [Theory]
    [InlineData("invalidated")]
    [InlineData("replicated")]
    public async Task To_clear_is_coherent_by_the_name_of_the_cache_alone(string name)
    {
        var caches = await EmptyAsync<string, int>(name);
        for (var silo = 0; silo < 3; silo++)
            await caches[silo].SetAsync($"{silo}", silo, Token);
        var before = caches.Select(cache => cache.Statistics).ToArray();
        await Administration.ClearAsync(name, Token);
        Assert.All(caches, cache => Assert.Empty(cache));
        Assert.Equal(0, caches.Zip(before, (cache, was) => cache.Statistics.Evictions - was.Evictions).Sum());
        Assert.Equal(name == "replicated" ? 9 : 3, caches.Zip(before, (cache, was) => cache.Statistics.Removals + cache.Statistics.Invalidations - was.Removals - was.Invalidations).Sum());
    }

    [Fact]
    public async Task What_no_silo_could_do_is_the_callers_exception()
    {
        Func<string, Task>[] all =
        [
            name => Administration.GetDigestsAsync(name, Token).AsTask(),
            name => Administration.GetMetadataAsync(name, "a", Token).AsTask(),
            name => Administration.EvictAsync(name, "a", Token).AsTask(),
            name => Administration.EvictAllAsync(name, Token).AsTask(),
            name => Administration.ClearAsync(name, Token).AsTask(),
        ];
        foreach (var method in all)
        {
            var unknown = await Assert.ThrowsAsync<InvalidOperationException>(() => method("nothing"));
            Assert.Contains("'guids', 'invalidated', 'numbers', 'places', 'replicated'", unknown.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ArgumentNullException>(() => method(null!));
        }

        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => Administration.EvictAsync("numbers", "1", Token).AsTask());
        Assert.Contains("System.Int64", wrong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Administration.GetMetadataAsync("guids", "1", Token).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => Administration.EvictAsync<string>("invalidated", null!, Token).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => Administration.GetMetadataAsync<string>("invalidated", null!, Token).AsTask());
    }

    [Fact]
    public async Task A_grain_inside_may_ask_too()
    {
        var grains = Cluster.Silos[1].ServiceProvider.GetRequiredService<IGrainFactory>();
        var results = await grains.GetMcCacheAdministration().GetStatisticsAsync(Token);
        Assert.Equal(Addresses, results.Where(result => result.IsSuccess).Select(result => result.Silo));
    }

    [Fact]
    public void A_client_is_not_bound_to_one_silo_for_all_its_questions()
        => Assert.True(Enumerable.Range(0, 200).Select(_ => Administration.GetPrimaryKeyLong()).Distinct().Count() > 1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_grain_answers_a_client_for_the_caches_of_its_silo(int grain)
    {
        var bystander = Cluster.Client.GetGrain<IBystander>(grain);
        var where = await bystander.WhereAsync();
        var silo = Addresses.ToList().IndexOf(where);
        var extension = bystander.AsReference<ICacheExtension>();
        await CheckAsync("guids", Guid.NewGuid(), "value");
        await CheckAsync("numbers", long.MaxValue - grain, "value");
        await CheckAsync("invalidated", "a key", 1);
        await CheckAsync("places", new Place("Penny Lane", grain), 1);

        async Task CheckAsync<TKey, TValue>(string name, TKey key, TValue value)
            where TKey : notnull
        {
            var cache = (await EmptyAsync<TKey, TValue>(name))[silo];
            cache.GetOrAdd(key, _ => value);
            Assert.Equal(1, (await extension.GetStatisticsAsync()).Single(statistics => statistics.Name == name).Entries);
            Assert.NotNull(await extension.GetMetadataAsync(name, key));
            Assert.NotEqual(name == "places", await extension.GetDigestAsync(name) != 0); // a replica's digest is of what was written, and a fill is not
            Assert.True(await extension.EvictAsync(name, key));
            Assert.Null(await extension.GetMetadataAsync(name, key));
            Assert.Equal(0ul, await extension.GetDigestAsync(name));
            cache.GetOrAdd(key, _ => value);
            await extension.ClearAsync(name);
            Assert.Empty(cache);
        }
    }

    /// <summary>The cache on every silo, all of them empty.</summary>
    private async Task<IMcCache<TKey, TValue>[]> EmptyAsync<TKey, TValue>(string name)
        where TKey : notnull
    {
        var caches = Cluster.Caches<TKey, TValue>(name);
        await caches[0].ClearAsync(Token);
        return caches;
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal ExternalCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await ExternalCluster.StartAsync(3);

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
