using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace McCache.Cluster.Tests;

/// <summary>A key of the tests' own.</summary>
[GenerateSerializer, Immutable, Alias("McCache.Cluster.Tests.Place")]
public sealed record Place([property: Id(0)] string Street, [property: Id(1)] int Number);

/// <summary>Real silos, and a client that has a container of its own and reaches them through their gateways, all over TCP.</summary>
internal sealed class ExternalCluster : IAsyncDisposable
{
    private ExternalCluster(TestCluster host) => Host = host;

    public TestCluster Host { get; }

    public IClusterClient Client => Host.Client;

    /// <summary>In the order of their addresses.</summary>
    public IReadOnlyList<InProcessSiloHandle> Silos => [.. Host.Silos.Cast<InProcessSiloHandle>().OrderBy(silo => silo.SiloAddress)];

    /// <param name="silos">How many.</param>
    /// <param name="isGatewayPrimaryOnly">Whether the first silo is the one that answers a client.</param>
    public static async Task<ExternalCluster> StartAsync(int silos, bool isGatewayPrimaryOnly = false)
    {
        var builder = new TestClusterBuilder((short)silos);
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        builder.Options.GatewayPerSilo = !isGatewayPrimaryOnly;
        builder.AddSiloBuilderConfigurator<SiloConfiguration>();
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new ExternalCluster(cluster);
    }

    public IMcCache<TKey, TValue>[] Caches<TKey, TValue>(string name)
        where TKey : notnull
        => [.. Silos.Select(silo => silo.ServiceProvider.GetRequiredKeyedService<IMcCache<TKey, TValue>>(name))];

    public Gate[] Gates => [.. Silos.Select(silo => silo.ServiceProvider.GetRequiredService<Gate>())];

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private sealed class SiloConfiguration : ISiloConfigurator
    {
        public void Configure(ISiloBuilder silo)
        {
            silo.Configure<ClusterMembershipOptions>(options => (options.ProbeTimeout, options.NumMissedProbesLimit) = (TimeSpan.FromSeconds(1), 2));
            silo.AddMcCache(caches => caches
                .Configure(options => (options.LeaseDuration, options.LeaseRenewal) = (TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(300))) // a busy machine turns no copy invalid
                .Add<string, int>("invalidated")
                .Add<string, int>("replicated", options => options.Coherence = Coherence.Replicate)
                .Add<long, string>("numbers", options => options.MaxBytes = 10_000)
                .Add<Guid, string>("guids")
                .Add<Place, int>("places", options => options.Coherence = Coherence.Replicate));
            silo.Services.AddSingleton<IMcCacheAuthorizer, Policy>(); // the client administers
            silo.Services.AddSingleton<Gate>();
            silo.Services.AddSingleton<IIncomingGrainCallFilter>(services => services.GetRequiredService<Gate>());
        }
    }
}

/// <summary>Lets a silo hang at what others ask of it, when told to.</summary>
internal sealed class Gate : IIncomingGrainCallFilter
{
    private string? _shut;
    private TaskCompletionSource _reached = new();
    private TaskCompletionSource _opened = new();

    /// <summary>Completes when something has come to the shut gate.</summary>
    public Task Reached => _reached.Task;

    /// <param name="endpoint">The interface of the grain service that is to hang.</param>
    public void Shut(string endpoint)
    {
        _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _shut, endpoint);
    }

    public void Open()
    {
        Volatile.Write(ref _shut, null);
        _opened.TrySetResult();
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType!.Name == Volatile.Read(ref _shut))
        {
            _reached.TrySetResult();
            await _opened.Task;
        }

        await context.Invoke();
    }
}
