using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace McCache.Cluster.Tests;

/// <summary>Real silos in this process, each with caches of its own.</summary>
internal sealed class CacheCluster : IAsyncDisposable
{
    private CacheCluster(InProcessTestCluster host) => Host = host;

    public InProcessTestCluster Host { get; }

    public IReadOnlyList<InProcessSiloHandle> Silos => Host.Silos;

    /// <summary>Starts silos with one cache of strings and numbers, "cache", and whatever else is configured.</summary>
    public static async Task<CacheCluster> StartAsync(int silos, Action<ISiloBuilder>? configure = null)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = TimeSpan.FromSeconds(1);
                options.NumMissedProbesLimit = 2;
            });
            silo.Configure<McCacheOptions>(options => (options.LeaseDuration, options.LeaseRenewal) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(300))); // long enough that a busy machine turns no copy invalid
            silo.AddMcCache(caches => caches.Add<string, int>("cache"));
            configure?.Invoke(silo);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new CacheCluster(cluster);
    }

    public IMcCache<string, int> Cache(int silo) => Cache<string, int>(Silos[silo], "cache");

    public static IMcCache<TKey, TValue> Cache<TKey, TValue>(InProcessSiloHandle silo, string name)
        where TKey : notnull
        => silo.ServiceProvider.GetRequiredKeyedService<IMcCache<TKey, TValue>>(name);

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
