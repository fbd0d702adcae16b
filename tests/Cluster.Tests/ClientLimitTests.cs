using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace McCache.Cluster.Tests;

/// <summary>A client that takes more than its share, beside those that do not.</summary>
public sealed class ClientLimitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_that_floods_waits_by_itself_and_nobody_for_it()
    {
        var log = new LogRecord();
        await using var cluster = await ClientCluster.StartAsync(2, silo =>
        {
            Limit(silo, options => options.MaxClientFramesPerSecond = 50);
            silo.Services.AddSingleton<ILoggerProvider>(log);
        });
        var (flooding, behaved) = (await cluster.AddClientAsync(0), await cluster.AddClientAsync(0));
        var flood = await flooding.GetMcCacheAsync<string, string>("replica", Token);
        var near = await behaved.GetMcCacheAsync<string, string>("replica", Token);
        var there = cluster.Cache<string, string>(1, "replica");
        await near.SetAsync("kept", "value", Token);
        var value = new string('x', 4_000); // some twenty of them make a batch
        for (var i = 0; i < 5_000; i++)
            flood[$"flood {i}"] = value;

        // Once the flood is held back, others write and read as if there was none.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (ClientCluster.Member(flooding).Counters.Throttled < 3)
            await Task.Delay(10, patience.Token);

        for (var i = 0; i < 5; i++)
        {
            await near.SetAsync("written", $"{i}", Token);
            Assert.Equal($"{i}", there["written"]);
            await there.SetAsync("written", "by a silo", Token);
            Assert.False(near.TryGetValue("written", out _));
        }

        Assert.Equal("value", there["kept"]);
        Assert.InRange(there.Count, 50, 4_000); // most of the flood is where it came from
        Assert.True(cluster.Member(0).Counters.Throttled >= 3);
        Assert.Equal(0, cluster.Member(0).Counters.Gaps(GapReason.LaneFull));
        Assert.Equal(0, ClientCluster.Member(behaved).Counters.Throttled);
        Assert.Single(log.Entries, entry => entry.Event == 2019);
    }

    [Fact]
    public async Task Client_for_which_there_is_no_room_is_told_and_those_before_it_stay()
    {
        await using var cluster = await ClientCluster.StartAsync(1, silo => Limit(Unhurried(silo), options => options.MaxClients = 1));
        var first = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, string>("replica", Token);
        var second = await cluster.AddClientAsync(Hasty);
        var refusal = await Assert.ThrowsAsync<TimeoutException>(() => second.GetMcCacheAsync<string, string>("replica", Token).AsTask());
        Assert.Contains("MaxClients (1)", refusal.Message, StringComparison.Ordinal);
        Assert.True(cluster.Member(0).Counters.RefusedClients > 0);
        await first.SetAsync("a", "b", Token);
        Assert.Equal("b", cluster.Cache<string, string>(0, "replica")["a"]);
    }

    [Fact]
    public async Task Client_that_attaches_again_and_again_takes_no_more_than_its_places()
    {
        await using var cluster = await ClientCluster.StartAsync(1, silo => Limit(Unhurried(silo), options => options.MaxAttachmentsPerClient = 2));
        var client = await cluster.AddClientAsync();
        await client.GetMcCacheAsync<string, string>("replica", Token);
        var observer = client.CreateObjectReference<IMulticastClientObserver>(ClientCluster.Member(client));
        var gateway = client.GetGrain<IMulticastGateway>(1);
        Assert.True((await AttachAsync(7)).IsKnown);
        await Assert.ThrowsAsync<LimitExceededException>(() => AttachAsync(8));
        Assert.Equal(2, cluster.Member(0).Clients);

        Task<Grant> AttachAsync(ulong id) => gateway.Attach(CacheMember.ProviderName, id, TimeSpan.FromMinutes(1), new Interest(1, []), observer).AsTask();
    }

    [Fact]
    public async Task Client_that_listens_to_too_much_is_told_and_keeps_what_it_has()
    {
        await using var cluster = await ClientCluster.StartAsync(1, silo => Limit(silo, options => options.MaxClientStreams = 1));
        var client = await cluster.AddClientAsync();
        var replica = await client.GetMcCacheAsync<string, string>("replica", Token);
        await Assert.ThrowsAsync<LimitExceededException>(() => client.GetMcCacheAsync<string, int>("cache", Token).AsTask());
        await cluster.Cache<string, string>(0, "replica").SetAsync("a", "b", Token);
        Assert.Equal("b", await replica.GetOrAddAsync("a", (_, _) => Task.FromResult("made here"), Token));
    }

    [Fact]
    public async Task Item_that_is_too_large_for_the_gateway_is_refused_with_the_reason()
    {
        await using var cluster = await ClientCluster.StartAsync(1, silo => Limit(silo, options => options.MaxLaneBytes = 64 * 1024));
        var replica = await (await cluster.AddClientAsync()).GetMcCacheAsync<string, string>("replica", Token);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => replica.SetAsync("a", new string('x', 200_000), Token).AsTask());
        Assert.Contains("MaxLaneBytes = 65536", refusal.Message, StringComparison.Ordinal);
        await replica.SetAsync("b", "small", Token);
        Assert.Equal(["b"], cluster.Cache<string, string>(0, "replica").Keys);
    }

    [Fact]
    public async Task Few_bytes_that_stand_for_many_cost_what_they_stand_for()
    {
        await using var cluster = await ClientCluster.StartAsync(1, silo => Limit(Unhurried(silo), options => options.MaxClientBytesPerSecond = 1024 * 1024));
        var client = await cluster.AddClientAsync();
        await client.GetMcCacheAsync<string, string>("replica", Token);
        var gateway = client.GetGrain<IMulticastGateway>(1);
        var grant = await gateway.Attach(
            CacheMember.ProviderName, 7, TimeSpan.FromMinutes(1), new Interest(1, []), client.CreateObjectReference<IMulticastClientObserver>(ClientCluster.Member(client)));
        var name = StreamNames.Of(StreamId.Create("tests", new string('n', 60_000)));
        var frames = Enumerable.Repeat(new Frame(FrameKind.Item, false, name, []), 20_000).ToArray(); // four bytes each, but for the first
        var batch = new Batch(CacheMember.ProviderName, new Incarnation(grant.Silo, 7), 1, frames.Length, null, FrameWriter.Pack(frames, 1_000_000));
        var attached = cluster.Member(0).FindClient(7)!; // what its gateway hands the batch to: here on this thread, whose memory no other test uses
        var before = GC.GetAllocatedBytesForCurrentThread();
        var first = attached.Receive(batch);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
        Assert.Equal(frames.Length, first.Applied);
        Assert.True(cluster.Member(0).Counters.RefusedBytes >= batch.Frames.Length); // the rest is not told
        Assert.True(attached.Receive(batch).IsThrottled);
    }

    /// <summary>A silo that grants as long as it is asked for.</summary>
    private static ISiloBuilder Unhurried(ISiloBuilder silo)
        => silo.Configure<McCacheOptions>(options => (options.SingleSilo, options.LeaseDuration) = (true, TimeSpan.FromMinutes(1)));

    private static void Limit(ISiloBuilder silo, Action<MulticastOptions> configure) => silo.Services.Configure(CacheMember.ProviderName, configure);

    private static void Hasty(IClientBuilder client) => client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(2));
}
