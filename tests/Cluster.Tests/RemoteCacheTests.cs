namespace McCache.Cluster.Tests;

/// <summary>The remote dictionary, by a client outside.</summary>
public sealed class RemoteCacheTests(RemoteCacheTests.Fixture fixture, ITestOutputHelper output) : IClassFixture<RemoteCacheTests.Fixture>
{
    private const int Entries = 5_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IClusterClient Client => fixture.Cluster.Client;

    [Theory]
    [InlineData("invalidated", false)]
    [InlineData("replicated", true)]
    public async Task Every_verb_is_coherent_when_it_returns(string name, bool replicates)
    {
        var (remote, caches) = await EmptyAsync<string, int>(name);
        foreach (var cache in caches)
            cache.GetOrAdd("a", key => -1);
        await remote.SetAsync("a", 1, cancellationToken: Token);
        Assert.DoesNotContain(-1, caches.SelectMany(cache => cache.Values));
        Assert.Equal(new CacheLookup<int>(true, 1), await remote.TryGetAsync("a"));
        Assert.Equal(default, await remote.TryGetAsync("b"));

        await remote.SetAsync("b", 2, new CacheEntryOptions { Tags = ["t"] }, Token);
        await remote.SetRangeAsync([new("c", 3), new("d", 4), new("a", 5)], Token);
        await HoldsAsync(("a", 5), ("b", 2), ("c", 3), ("d", 4));
        Assert.Equal([5, null, 3, 5], (await remote.GetRangeAsync(["a", "x", "c", "a"])).Select(found => found.Found ? found.Value : (int?)null));
        Assert.True(await remote.ContainsKeyAsync("d"));
        Assert.False(await remote.ContainsKeyAsync("x"));

        await remote.RemoveAsync("a", Token);
        await HoldsAsync(("b", 2), ("c", 3), ("d", 4));
        await remote.RemoveByTagAsync("t", Token);
        await HoldsAsync(("c", 3), ("d", 4));
        await remote.ClearAsync(Token);
        await HoldsAsync();

        async Task HoldsAsync(params (string, int)[] entries)
        {
            Assert.Equal(entries.Length, await remote.CountAsync());
            Assert.Equal(entries, await remote.EnumerateAsync(Token).Select(pair => (pair.Key, pair.Value)).ToListAsync(Token));
            Assert.Equal(replicates ? 3 * entries.Length : entries.Length, caches.Sum(cache => cache.Count)); // else only the silo that writes has it
        }
    }

    [Theory]
    [InlineData("invalidated")]
    [InlineData("replicated")]
    public async Task Enumeration_streams_thousands_in_order_while_others_write(string name)
    {
        var seed = Random.Shared.Next(1_000_000);
        output.WriteLine($"seed {seed}");
        var (remote, caches) = await EmptyAsync<string, int>(name);
        await remote.SetRangeAsync([.. Enumerable.Range(0, Entries).Select(number => KeyValuePair.Create(Stable(number), number))], Token);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writes = new int[caches.Length];
        var writing = Enumerable.Range(0, caches.Length).Select(silo => Task.Run(() => WriteAsync(caches[silo], new Random(seed + silo), silo), Token)).ToArray();
        for (var round = 0; round < 5; round++)
        {
            var before = writes.Sum();
            await using var enumerator = remote.EnumerateAsync(Token).WithBatchSize(100 * (round + 1)).GetAsyncEnumerator(Token);
            var seen = new List<int>();
            while (await enumerator.MoveNextAsync())
            {
                if (enumerator.Current.Key.StartsWith("stable", StringComparison.Ordinal))
                    seen.Add(enumerator.Current.Value);
                while (seen.Count == 1 && writes.Sum() == before && !Array.Exists(writing, task => task.IsCompleted))
                    await Task.Delay(1, Token); // others have written since it began
            }

            Assert.Equal(Enumerable.Range(0, Entries), seen);
        }

        await done.CancelAsync();
        await Task.WhenAll(writing);

        static string Stable(int number) => $"stable {number}";

        // Coherent verbs, for a writer that waits for nobody fills its lanes in the end, and the gap that follows is what would be tested.
        async Task WriteAsync(IMcCache<string, int> cache, Random random, int silo)
        {
            for (; !done.IsCancellationRequested; Interlocked.Increment(ref writes[silo]))
            {
                var number = random.Next(500);
                if (random.Next(3) == 0)
                    await cache.RemoveAsync($"other {number}", Token);
                else
                    await cache.SetAsync($"other {number}", number, Token);
            }
        }
    }

    [Fact]
    public async Task Enumeration_ends_when_it_is_cancelled_or_left()
    {
        var (remote, _) = await EmptyAsync<string, int>("replicated");
        await remote.SetRangeAsync([.. Enumerable.Range(0, Entries).Select(number => KeyValuePair.Create($"{number}", number))], Token);
        for (var how = 0; how < 2; how++)
        {
            using var cancelling = new CancellationTokenSource();
            var seen = 0;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var _ in remote.EnumerateAsync(how == 0 ? cancelling.Token : Token).WithCancellation(how == 0 ? default : cancelling.Token))
                {
                    if (++seen == 150)
                        await cancelling.CancelAsync();
                }
            });
            Assert.InRange(seen, 150, 300);
        }

        Assert.Equal([0, 1, 2], await remote.EnumerateAsync(Token).Take(3).Select(pair => pair.Value).ToListAsync(Token));
        Assert.Equal(Entries, await remote.EnumerateAsync(Token).CountAsync(Token));
    }

    [Fact]
    public async Task Keys_of_any_serializable_type_travel()
    {
        var (places, placeCaches) = await EmptyAsync<Place, int>("places");
        await places.SetAsync(new Place("Downing Street", 10), 1, cancellationToken: Token);
        Assert.All(placeCaches, cache => Assert.Equal(1, cache[new Place("Downing Street", 10)]));
        var (guids, _) = await EmptyAsync<Guid, string>("guids");
        var id = Guid.NewGuid();
        await guids.SetAsync(id, "value", cancellationToken: Token);
        Assert.Equal("value", (await guids.TryGetAsync(id)).Value);
    }

    [Fact]
    public async Task An_unknown_cache_and_wrong_types_are_clear_to_the_caller()
    {
        var unknown = await Assert.ThrowsAsync<InvalidOperationException>(() => Client.GetCacheGrain<string, int>("nothing").TryGetAsync("a").AsTask());
        Assert.Contains("'guids', 'invalidated', 'numbers', 'places', 'replicated'", unknown.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Client.GetCacheGrain<string, int>("nothing").EnumerateAsync(Token).CountAsync(Token));
        var value = await Assert.ThrowsAsync<InvalidOperationException>(() => Client.GetCacheGrain<string, long>("invalidated").SetAsync("a", 1, cancellationToken: Token).AsTask());
        Assert.Contains("System.Int32", value.Message, StringComparison.Ordinal);
        var key = await Assert.ThrowsAsync<InvalidOperationException>(() => Client.GetCacheGrain<int, int>("invalidated").CountAsync().AsTask());
        Assert.Contains("System.Int32", key.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_null_is_refused_with_an_argument_exception()
    {
        var remote = Client.GetCacheGrain<string, int>("invalidated");
        Func<Task>[] calls =
        [
            () => remote.TryGetAsync(null!).AsTask(),
            () => remote.ContainsKeyAsync(null!).AsTask(),
            () => remote.GetRangeAsync(null!).AsTask(),
            () => remote.GetRangeAsync(["a", null!]).AsTask(),
            () => remote.SetAsync(null!, 1, cancellationToken: Token).AsTask(),
            () => remote.SetRangeAsync(null!, Token).AsTask(),
            () => remote.SetRangeAsync([new(null!, 1)], Token).AsTask(),
            () => remote.RemoveAsync(null!, Token).AsTask(),
            () => remote.RemoveByTagAsync(null!, Token).AsTask(),
        ];
        foreach (var call in calls)
            await Assert.ThrowsAsync<ArgumentNullException>(call);
    }

    [Fact]
    public async Task Those_of_a_range_before_one_that_is_refused_are_set()
    {
        var (remote, caches) = await EmptyAsync<long, string>("numbers");
        foreach (var cache in caches)
            cache.GetOrAdd(1, key => "older");
        await Assert.ThrowsAsync<ArgumentException>(() => remote.SetRangeAsync([new(1, "one"), new(2, new string('x', 10_000)), new(3, "three")], Token).AsTask()); // MaxBytes
        Assert.Equal([true, false, false], (await remote.GetRangeAsync([1, 2, 3])).Select(found => found.Found));
        Assert.DoesNotContain("older", caches.SelectMany(cache => cache.Values));
    }

    [Fact]
    public async Task A_write_waits_for_every_silo_also_when_it_is_refused_in_part()
    {
        var (remote, _) = await EmptyAsync<long, string>("numbers");
        Func<Task>[] writes =
        [
            () => remote.SetAsync(1, "one", cancellationToken: Token).AsTask(),
            () => remote.SetRangeAsync([new(1, "one"), new(2, "two")], Token).AsTask(),
            () => Assert.ThrowsAsync<ArgumentException>(() => remote.SetRangeAsync([new(1, "one"), new(2, new string('x', 10_000))], Token).AsTask()),
            () => remote.RemoveAsync(1, Token).AsTask(),
            () => remote.RemoveByTagAsync("t", Token).AsTask(),
            () => remote.ClearAsync(Token).AsTask(),
            () => Client.GetMcCacheAdministration().ClearAsync("numbers", Token).AsTask(),
        ];
        var gates = fixture.Cluster.Gates;
        foreach (var write in writes)
        {
            foreach (var gate in gates)
                gate.Shut("IMulticastEndpoint");
            var writing = write();
            try
            {
                await Task.WhenAny(gates.Select(gate => gate.Reached)).WaitAsync(Token);
                await remote.CountAsync(); // what had come to an end before this call was made would have been heard of by now
                Assert.False(writing.IsCompleted);
            }
            finally
            {
                foreach (var gate in gates)
                    gate.Open();
            }

            await writing;
        }
    }

    [Fact]
    public async Task A_call_that_is_cancelled_says_so()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.GetCacheGrain<string, int>("replicated").SetAsync("a", 1, cancellationToken: cancelled.Token).AsTask());
    }

    private async Task<(ICacheGrain<TKey, TValue> Remote, IMcCache<TKey, TValue>[] Caches)> EmptyAsync<TKey, TValue>(string name)
        where TKey : notnull
    {
        var remote = Client.GetCacheGrain<TKey, TValue>(name);
        await remote.ClearAsync(Token);
        return (remote, fixture.Cluster.Caches<TKey, TValue>(name));
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal ExternalCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await ExternalCluster.StartAsync(3);

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
