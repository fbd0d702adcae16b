using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McCache.Cluster.Tests;

/// <summary>Clients outside the cluster with copies of their own.</summary>
public sealed class NearCacheTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly Func<string, CancellationToken, ValueTask<string>> s_noFactory = (_, _) => throw new InvalidOperationException("The factory was called.");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_near_cache_follows_the_silos_and_the_silos_follow_it()
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        var near = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, int>("cache", Token);
        var other = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, int>("cache", Token);
        Assert.Equal(1, await near.GetOrAddAsync("a", (_, _) => new ValueTask<int>(1), Token));
        Assert.True(near.ContainsKey("a"));
        for (var silo = 0; silo < 2; silo++)
        {
            await near.SetAsync("a", silo, Token);
            Assert.Equal(silo, near["a"]); // its own frame does not come back to it
            Assert.False(cluster.Cache<string, int>(1 - silo, "cache").ContainsKey("a"));
            Assert.False(other.ContainsKey("a"));
            await other.SetAsync("a", 5, Token);
            Assert.False(near.ContainsKey("a"));
            await cluster.Cache<string, int>(silo, "cache").SetAsync("a", 7, Token);
            Assert.False(near.ContainsKey("a"));
            Assert.False(other.ContainsKey("a"));
            await near.RemoveAsync("a", Token);
            Assert.False(cluster.Cache<string, int>(silo, "cache").ContainsKey("a"));
        }
    }

    [Fact]
    public async Task A_near_cache_of_a_replicated_cache_asks_its_gateways_copy_before_the_factory()
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        var near = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, string>("replica", Token);
        var silo = cluster.Cache<string, string>(1, "replica");
        await silo.SetAsync("a", "one", new CacheEntryOptions { Tags = ["t"] }, Token);
        Assert.Equal("one", await near.GetOrAddAsync("a", s_noFactory, Token));
        Assert.True(near.TryGetMetadata("a", out var metadata));
        Assert.Equal(["t"], metadata.Tags);
        await silo.RemoveByTagAsync("t", Token);
        Assert.False(near.ContainsKey("a"));
        Assert.Equal("made", await near.GetOrAddAsync("a", (_, _) => new ValueTask<string>("made"), Token));
        await near.SetAsync("b", "two", new CacheEntryOptions { Tags = ["u"] }, Token);
        Assert.All([0, 1], number => Assert.Equal("two", cluster.Cache<string, string>(number, "replica")["b"]));
        await near.RemoveByTagAsync("u", Token);
        Assert.False(silo.ContainsKey("b"));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task Large_values_go_both_ways(int length)
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        var near = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, string>("replica", Token);
        var value = string.Concat(Enumerable.Range(0, length / 5).Select(number => $"{number % 10_000:0000} "));
        await near.SetAsync("up", value, Token);
        for (var silo = 0; silo < 2; silo++)
        {
            var copy = cluster.Cache<string, string>(silo, "replica");
            await UntilAsync(() => copy.ContainsKey("up")); // the bytes are pulled
            Assert.Equal(value, copy["up"]);
        }

        await cluster.Cache<string, string>(1, "replica").SetAsync("down", value + "!", Token);
        await UntilAsync(() => cluster.Cache<string, string>(0, "replica").ContainsKey("down"));
        Assert.Equal(value + "!", await near.GetOrAddAsync("down", s_noFactory, Token));
    }

    [Fact]
    public async Task Dictionary_verbs_reach_everybody_in_order()
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        var near = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, string>("replica", Token);
        for (var i = 0; i < 1_000; i++)
        {
            near["k" + (i % 10)] = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (i % 7 == 0)
                near.Remove("k" + (i % 10));
            if (i % 11 == 0)
                near.MoveToFirst("k" + (i % 10));
        }

        await near.SetAsync("last", "", Token); // behind them all
        near.Remove("last");
        for (var silo = 0; silo < 2; silo++)
        {
            var copy = cluster.Cache<string, string>(silo, "replica");
            await UntilAsync(() => !copy.ContainsKey("last"));
            Assert.Equal(near.ToArray(), copy.ToArray());
        }
    }

    [Fact]
    public async Task When_the_gateway_stops_the_client_goes_to_another_and_its_verbs_go_on()
    {
        await using var cluster = await ClientCluster.StartAsync(3);
        var client = await cluster.AddClientAsync(1, 2);
        var near = await client.GetMcCacheAsync<string, int>("cache", Token);
        var member = ClientCluster.Member(client);
        near["held"] = 1;
        var gateway = cluster.Silos.ToList().FindIndex(silo => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Equals(member.Gateway));
        Assert.Equal(1, cluster.Member(gateway).Clients);
        using var stop = new CancellationTokenSource();
        var verbs = Task.Run(
            async () =>
            {
                var count = 0;
                for (; !stop.IsCancellationRequested; count++)
                    await near.SetAsync("verb", count, Token);
                return count;
            },
            Token);
        await cluster.Silos[gateway].StopAsync(Token).WaitAsync(s_limit, Token);
        await UntilAsync(() => member.Gateway is not null && cluster.Member(3 - gateway).Clients == 1);
        await near.SetAsync("after", 1, Token).AsTask().WaitAsync(s_limit, Token);
        await stop.CancelAsync();
        Assert.True(await verbs.WaitAsync(s_limit, Token) > 0);
        Assert.False(near.ContainsKey("held")); // another gateway is a gap
        await UntilAsync(() => near.ContainsKey("after"));
        await cluster.Cache<string, int>(0, "cache").RemoveAsync("after", Token);
        Assert.False(near.ContainsKey("after"));
    }

    [Fact]
    public async Task A_client_that_stops_is_waited_for_by_nobody_and_leaves_nothing_behind()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var client = await cluster.AddClientAsync();
        var near = await client.GetMcCacheAsync<string, int>("cache", Token);
        near["a"] = 1;
        await client.ServiceProvider.GetRequiredService<IHost>().StopAsync(Token);
        await UntilAsync(() => cluster.Member(0).Clients == 0);
        Assert.Empty(near);
        await Assert.ThrowsAsync<InvalidOperationException>(() => near.SetAsync("a", 2, Token).AsTask());
        await cluster.Cache<string, int>(0, "cache").SetAsync("a", 1, Token).AsTask().WaitAsync(s_limit, Token);
    }

    [Fact]
    public async Task Of_fifty_clients_one_that_is_stuck_costs_the_others_nothing_but_its_lease()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        List<IMcCache<string, int>> caches = [];
        List<IClusterClient> clients = [];
        for (var i = 0; i < 50; i++)
        {
            clients.Add(await cluster.AddClientAsync());
            caches.Add(await clients[^1].GetMcCacheAsync<string, int>("cache", Token));
        }

        await UntilAsync(() => cluster.Member(0).Clients == 50); // on a busy machine one may have to attach again
        using var gate = new ManualResetEventSlim();
        var stuck = new StuckHandler(gate);
        var stream = StreamId.Create("tests", "stuck");
        ClientCluster.Member(clients[0]).Attach(stream, stuck);
        await ClientCluster.Member(clients[0]).ListenAsync(stream, Token);
        try
        {
            cluster.Member(0).Publish(StreamNames.Of(stream), "x"u8);
            await stuck.Entered.Task.WaitAsync(s_limit, Token); // from now on it takes nothing any more; but it renews its lease
            caches.ForEach(cache => cache["k"] = 1);
            await caches[1].RemoveAsync("all", Token).AsTask().WaitAsync(s_limit, Token);
            var silo = cluster.Cache<string, int>(0, "cache");
            caches[1]["k"] = 2; // others drop theirs
            await UntilAsync(() => caches[2..].TrueForAll(cache => !cache.ContainsKey("k")));
            await silo.RemoveAsync("k", Token).AsTask().WaitAsync(s_limit, Token);
            Assert.All(caches, cache => Assert.False(cache.ContainsKey("k"))); // the stuck one serves nothing
        }
        finally
        {
            gate.Set();
        }

        await UntilAsync(() => cluster.Member(0).Clients == 50); // it comes back by itself
        await caches[0].SetAsync("k", 3, Token).AsTask().WaitAsync(s_limit, Token);
        Assert.All(caches[1..], cache => Assert.False(cache.ContainsKey("k")));
    }

    [Fact]
    public async Task A_write_that_the_cluster_refuses_fails_and_is_not_kept()
    {
        await using var cluster = await ClientCluster.StartAsync(1, silo => silo.Configure<McCacheOptions>(options => options.MaxLargeValueBytes = 1 << 20));
        var near = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, string>("replica", Token);
        await near.SetAsync("small", "x", Token);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => near.SetAsync("k", new string('x', 2 << 20), Token).AsTask().WaitAsync(s_limit, Token));
        Assert.Contains("MaxLargeValueBytes", refused.Message, StringComparison.Ordinal);
        await UntilAsync(() => !near.ContainsKey("k")); // what others hold is not known, so nothing is kept
        await near.SetAsync("k", "x", Token).AsTask().WaitAsync(s_limit, Token);
        Assert.Equal("x", cluster.Cache<string, string>(0, "replica")["k"]);
    }

    [Fact]
    public async Task Mistakes_are_named()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var client = await cluster.AddClientAsync();
        Assert.Contains("no cache 'none'", await MessageAsync(client.GetMcCacheAsync<string, int>("none", Token)), StringComparison.Ordinal);
        Assert.Contains("System.String → System.Int32", await MessageAsync(client.GetMcCacheAsync<string, long>("cache", Token)), StringComparison.Ordinal);
        await client.GetMcCacheAsync<string, int>("cache", Token);
        Assert.Contains("System.String → System.Int32", await MessageAsync(client.GetMcCacheAsync<int, int>("cache", Token)), StringComparison.Ordinal);
        var wrong = await cluster.AddClientAsync(configure: caches => caches.Add<string, string>("replica"));
        Assert.Contains("Coherence is Invalidate in this client and Replicate", await MessageAsync(wrong.GetMcCacheAsync<string, string>("replica", Token)), StringComparison.Ordinal);

        static async Task<string> MessageAsync<TKey, TValue>(ValueTask<IMcCache<TKey, TValue>> asked)
            where TKey : notnull
            => (await Assert.ThrowsAsync<InvalidOperationException>(() => asked.AsTask().WaitAsync(s_limit, Token))).Message;
    }

    [Fact]
    public async Task A_cache_is_found_although_the_gateway_that_was_asked_has_just_forgotten_the_client()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var forgotten = 0;
        var client = await cluster.AddClientAsync(client => client.AddOutgoingGrainCallFilter(call =>
        {
            if (call.MethodName == nameof(IGatewayLink.Ask) && forgotten++ == 0)
                cluster.Member(0).FindClient(((Attachment)call.Request.GetArgument(0)!).Id)?.Leave();
            return call.Invoke();
        }));
        await client.GetMcCacheAsync<string, int>("cache", Token);
        Assert.True(forgotten > 1);
    }

    [Fact]
    public async Task In_a_silo_the_cluster_client_gives_the_silos_own_cache()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var own = await cluster.Silos[0].Services.GetRequiredService<IClusterClient>().GetMcCacheAsync<string, int>("cache", Token);
        Assert.Same(cluster.Cache<string, int>(0, "cache"), own);
        Assert.Equal(0, cluster.Member(0).Clients);
    }

    [Fact]
    public async Task A_client_that_adds_its_caches_has_them_as_keyed_services_with_options_of_its_own()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var client = await cluster.AddClientAsync(configure: caches => caches.Add<string, int>("cache", options => options.MaxEntries = 2));
        var cache = client.ServiceProvider.GetRequiredKeyedService<IMcCache<string, int>>("cache");
        Assert.Same(cache, await client.GetMcCacheAsync<string, int>("cache", Token));
        for (var i = 0; i < 5; i++)
            cache["k" + i] = i;
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public async Task A_hit_sends_nothing()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var calls = 0L;
        var client = await cluster.AddClientAsync(client => client.AddOutgoingGrainCallFilter(call =>
        {
            if (call.MethodName != nameof(IGatewayLink.Renew))
                Interlocked.Increment(ref calls);
            return call.Invoke();
        }));
        var near = await client.GetMcCacheAsync<string, string>("replica", Token);
        await near.SetAsync("a", "x", Token);
        await UntilAsync(() => Interlocked.Exchange(ref calls, 0) == 0); // nothing is under way any more
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal("x", near["a"]);
            Assert.Equal("x", await near.GetOrAddAsync("a", s_noFactory, Token));
        }

        Assert.Equal(0, Interlocked.Read(ref calls));
        await near.SetAsync("a", "y", Token);
        Assert.NotEqual(0, Interlocked.Read(ref calls)); // the filter does count
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(10, Token))
            Assert.True(TimeProvider.System.GetElapsedTime(started) < s_limit, "It has not come to pass in 30 s.");
    }

    /// <summary>A frame handler that does not return.</summary>
    private sealed class StuckHandler(ManualResetEventSlim gate) : IFrameHandler
    {
        internal TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsReplica => false;

        public FrameOutcome Apply(in ReceivedFrame frame)
        {
            Entered.TrySetResult();
            gate.Wait();
            return FrameOutcome.Applied;
        }

        public void OnGap(SiloAddress publisher, long upTo)
        {
        }

        public void Serve(long until)
        {
        }

        public ValueTask MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client) => default;

        public byte[]? Again(ReadOnlySpan<byte> payload) => null;

        public byte[] Answer(ReadOnlySpan<byte> request) => [];
    }
}
