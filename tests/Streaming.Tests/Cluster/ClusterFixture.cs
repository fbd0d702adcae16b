namespace McCache.Streaming.Tests;

/// <summary>Three silos that no test stops; each test has streams of its own.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    internal MulticastCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await MulticastCluster.StartAsync(3);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
