using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.TestingHost;

namespace McCache.Cluster.Tests;

/// <summary>What a cache does before its silo has started, and after it has begun to stop.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public async Task Caches_are_ready_when_the_silo_has_started_and_miss_before()
    {
        var (found, stored) = (true, true);
        await using var cluster = await CacheCluster.StartAsync(1, silo => silo.AddStartupTask((services, token) =>
        {
            var cache = services.GetRequiredKeyedService<IMcCache<string, int>>("cache");
            cache["early"] = 1;
            Assert.Equal(2, cache.GetOrAdd("filled", key => 2));
            found = cache.TryGetValue("early", out _);
            stored = cache.ContainsKey("filled") || cache.Count > 0;
            return Task.CompletedTask;
        }));
        Assert.False(found);
        Assert.False(stored);
        cluster.Cache(0)["a"] = 1;
        Assert.Equal(1, cluster.Cache(0)["a"]);
        await cluster.Cache(0).RemoveAsync("a", TestContext.Current.CancellationToken); // completes with nobody else there
        Assert.False(cluster.Cache(0).ContainsKey("early"));
    }

    [Fact]
    public async Task A_start_up_task_may_await_a_coherent_verb()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var cluster = await CacheCluster.StartAsync(1, silo => silo.AddStartupTask(
            (services, _) => services.GetRequiredKeyedService<IMcCache<string, int>>("cache").RemoveAsync("early", limit.Token).AsTask()));
        Assert.False(limit.IsCancellationRequested);
    }

    [Fact]
    public async Task A_stopped_silo_serves_nothing_and_its_coherent_verbs_say_so()
    {
        await using var cluster = await CacheCluster.StartAsync(2);
        var (cache, silo) = (cluster.Cache(1), cluster.Silos[1]);
        cache["a"] = 1;
        await cluster.Host.StopSiloAsync(silo);
        Assert.False(cache.TryGetValue("a", out _));
        Assert.Empty(cache);
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => cache.RemoveAsync("a", TestContext.Current.CancellationToken).AsTask());
        await cluster.Cache(0).RemoveAsync("a", TestContext.Current.CancellationToken); // does not wait for the silo that has left
    }

    [Fact]
    public async Task A_grain_can_remove_a_key_everywhere_while_its_silo_shuts_down()
    {
        await using var cluster = await CacheCluster.StartAsync(2);
        cluster.Cache(0)["a"] = 1;
        cluster.Cache(0)["untouched"] = 2;
        await cluster.Silos[1].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IFarewellGrain>("a").StayAsync();
        Assert.Equal(1, cluster.Cache(0)["a"]);
        await cluster.Host.StopSiloAsync(cluster.Silos[1]);
        Assert.True(FarewellGrain.HasEnded);
        Assert.Null(FarewellGrain.Failure);
        Assert.False(cluster.Cache(0).ContainsKey("a"));
        Assert.Equal(2, cluster.Cache(0)["untouched"]);
    }

    [Fact]
    public async Task A_single_silo_serves_at_once_and_refuses_to_start_beside_another()
    {
        await using var cluster = await CacheCluster.StartAsync(1, silo => silo.Configure<McCacheOptions>(options =>
            (options.SingleSilo, options.LeaseDuration, options.LeaseRenewal) = (true, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1)))); // with promises, the start would take eleven minutes
        cluster.Cache(0)["a"] = 1;
        Assert.Equal(1, cluster.Cache(0)["a"]);
        await cluster.Cache(0).RemoveAsync("a", TestContext.Current.CancellationToken);
        var exception = await Record.ExceptionAsync(() => cluster.Host.StartAdditionalSiloAsync());
        Assert.Contains("McCache:SingleSilo is true", exception?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_killed_turns_no_hit_on_another_into_a_miss()
    {
        await using var cluster = await CacheCluster.StartAsync(3, silo => silo.Configure<McCacheOptions>(options => options.LeaseDuration = TimeSpan.FromSeconds(3)));
        var cache = cluster.Cache(0);
        for (var key = 0; key < 100; key++)
            cache[$"{key}"] = key;
        await cluster.Silos[2].StopSiloAsync(stopGracefully: false);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var removing = cluster.Cache(1).RemoveAsync("other", limit.Token).AsTask();
        var (reads, misses, watch) = (0, 0, Stopwatch.StartNew());
        while (!removing.IsCompleted || watch.Elapsed < TimeSpan.FromSeconds(9)) // three times the lease
        {
            misses += cache.TryGetValue($"{reads++ % 100}", out _) ? 0 : 1;
            if (reads % 100 == 0)
                await Task.Delay(1, limit.Token); // a loop that only yields keeps a thread of the pool for itself, and on a small machine everything else waits
        }

        await removing;
        Assert.Equal(0, misses);
    }

    [Fact]
    public async Task A_silo_starts_without_a_cache()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddMcCache());
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
    }

    [Fact]
    public async Task Options_out_of_range_fail_the_start_before_the_silo_begins_to_join()
    {
        var hasBegun = false;
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var cluster = await CacheCluster.StartAsync(1, silo =>
            {
                silo.AddMcCache(caches => caches.Add<int, int>("bad", options => options.MaxEntries = -1));
                silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(_ => new Participant(() => hasBegun = true));
            });
        });
        Assert.Contains("MaxEntries is -1", exception.Message, StringComparison.Ordinal);
        Assert.False(hasBegun);
    }

    private sealed class Participant(Action starting) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe("begun", ServiceLifecycleStage.First, _ =>
        {
            starting();
            return Task.CompletedTask;
        });
    }
}
