using Orleans.Configuration;
using Orleans.Streams;
using Orleans.TestingHost;

namespace McCache.Streaming.Tests;

/// <summary>Real silos in this process, each with the multicast providers "one" and "two".</summary>
internal sealed class MulticastCluster : IAsyncDisposable
{
    internal const string One = "one";
    internal const string Two = "two";
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private MulticastCluster(InProcessTestCluster host) => Host = host;

    internal InProcessTestCluster Host { get; }

    internal IReadOnlyList<InProcessSiloHandle> Silos => Host.Silos;

    internal static async Task<MulticastCluster> StartAsync(int silos, Action<ISiloBuilder>? configure = null)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                options.NumMissedProbesLimit = 2;
            });
            silo.Configure<McCacheOptions>(options => (options.LeaseDuration, options.LeaseRenewal) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(100)));
            silo.AddMulticastStreams(One);
            silo.AddMulticastStreams(Two);
            configure?.Invoke(silo);
        });
        var cluster = new MulticastCluster(builder.Build());
        await cluster.Host.DeployAsync();
        return cluster;
    }

    internal IMulticastChannel Channel(int silo, string provider = One) => Silos[silo].ServiceProvider.GetRequiredKeyedService<IMulticastChannel>(provider);

    internal SiloMember Member(int silo, string provider = One) => (SiloMember)Channel(silo, provider);

    internal IAsyncStream<T> Stream<T>(int silo, string key, string provider = One) => Stream<T>(Silos[silo], key, provider);

    internal static IAsyncStream<T> Stream<T>(InProcessSiloHandle silo, string key, string provider = One)
        => silo.ServiceProvider.GetRequiredKeyedService<IStreamProvider>(provider).GetStream<T>(StreamId.Create("tests", key));

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
