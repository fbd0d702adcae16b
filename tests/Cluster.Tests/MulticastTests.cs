using McCache.Client;
using Microsoft.Extensions.DependencyInjection;

namespace McCache.Cluster.Tests;

/// <summary>What crosses the cluster, and what does not.</summary>
public sealed class MulticastTests
{
    [Fact]
    public async Task Two_members_filling_the_same_key_multicast_nothing()
    {
        await using var cluster = await CacheCluster.StartAsync(2);
        Assert.Equal(1, cluster.Cache(0).GetOrAdd("a", _ => 1));
        Assert.Equal(1, cluster.Cache(1).GetOrAdd("a", _ => 1));
        Assert.Equal(1, cluster.Cache(0)["a"]);
        Assert.Equal(1, cluster.Cache(1)["a"]);
        await cluster.Cache(1).RemoveAsync("b", TestContext.Current.CancellationToken);
        Assert.Equal(0, Published(cluster, 0));
        Assert.Equal(1, Published(cluster, 1));
        Assert.Equal(1, cluster.Cache(0)["a"]);
    }

    [Fact]
    public async Task Every_user_write_is_one_multicast_operation()
    {
        await using var cluster = await CacheCluster.StartAsync(2);
        var cache = cluster.Cache(0);
        for (var i = 0; i < 100; i++)
            cache[$"{i}"] = i;
        await cache.ClearAsync(TestContext.Current.CancellationToken);
        Assert.Equal(101, Published(cluster, 0));
        Assert.Equal(0, Published(cluster, 1));
    }

    [Fact]
    public async Task Dictionary_verbs_reach_the_others_without_being_waited_for()
    {
        await using var cluster = await CacheCluster.StartAsync(3);
        cluster.Cache(1).GetOrAdd("a", _ => 1);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watching = cluster.Cache(1).OnChange(change =>
        {
            if (change is { Key: "a", Kind: CacheChangeKind.Invalidated })
                gone.TrySetResult();
        });
        cluster.Cache(0)["a"] = 2;
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.False(cluster.Cache(1).ContainsKey("a"));
        Assert.Equal(2, cluster.Cache(0)["a"]);
    }

    [Fact]
    public async Task A_stuck_subscriber_of_a_users_stream_delays_no_invalidation()
    {
        await using var cluster = await CacheCluster.StartAsync(2, silo => silo.AddMulticastStreams("users"));
        var token = TestContext.Current.CancellationToken;
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var stream = cluster.Silos[1].ServiceProvider.GetRequiredKeyedService<Orleans.Streams.IStreamProvider>("users")
            .GetStream<string>(Orleans.Runtime.StreamId.Create("ns", "key"));
        await Orleans.Streams.AsyncObservableExtensions.SubscribeAsync(stream, async (_, _) =>
        {
            entered.TrySetResult();
            await release.Task;
        });
        var publishing = cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<Orleans.Streams.IStreamProvider>("users")
            .GetStream<string>(Orleans.Runtime.StreamId.Create("ns", "key")).OnNextAsync("item");
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30), token);
        cluster.Cache(1).GetOrAdd("a", _ => 1);
        for (var i = 0; i < 10; i++)
            await cluster.Cache(0).RemoveAsync("a", token).AsTask().WaitAsync(TimeSpan.FromSeconds(30), token);
        Assert.False(cluster.Cache(1).ContainsKey("a"));
        Assert.False(publishing.IsCompleted);
        release.SetResult();
        await publishing.WaitAsync(TimeSpan.FromSeconds(30), token);
    }

    private static long Published(CacheCluster cluster, int silo)
        => ((McCache.Streaming.SiloMember)cluster.Silos[silo].ServiceProvider.GetRequiredKeyedService<McCache.Streaming.IMulticastChannel>(CacheMember.ProviderName))
            .GetStatistics().Published;
}
