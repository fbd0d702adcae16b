using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace McCache.Dashboard.Tests;

/// <summary>Real silos in this process, and a client outside them that the dashboard asks.</summary>
internal sealed class RealCluster : IAsyncDisposable
{
    private Gate? _shut;

    private RealCluster(InProcessTestCluster host) => Host = host;

    public InProcessTestCluster Host { get; }

    public IReadOnlyList<InProcessSiloHandle> Silos => Host.Silos;

    public IClusterClient Client => Host.Client;

    /// <param name="silos">How many.</param>
    /// <param name="mayClientsAct">Whether the silos let clients, of which the dashboard is one here, do more than ask.</param>
    public static async Task<RealCluster> StartAsync(int silos, bool mayClientsAct = true)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Configure<ClusterMembershipOptions>(options => (options.ProbeTimeout, options.NumMissedProbesLimit) = (TimeSpan.FromSeconds(1), 2));
            if (mayClientsAct)
                silo.Services.AddSingleton<IMcCacheAuthorizer, Everybody>();
            silo.Services.AddSingleton<Gate>();
            silo.Services.AddSingleton<IIncomingGrainCallFilter>(services => services.GetRequiredService<Gate>());
            silo.AddMcCache(caches => caches
                .Configure(options => (options.LeaseDuration, options.LeaseRenewal) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(300)))
                .Add<string, int>("products", options => (options.MaxEntries, options.TopKeys) = (500, 10))
                .Add<string, int>("assets", options => options.Coherence = Coherence.Replicate)
                .Add<long, string>("numbers"));
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new RealCluster(cluster);
    }

    public Task<DashboardSite> ServeAsync(Action<McCacheDashboardOptions>? configure = null) => DashboardSite.StartAsync(services => services.AddSingleton(Client), configure);

    public IMcCache<TKey, TValue> Cache<TKey, TValue>(int silo, string name)
        where TKey : notnull
        => Silos[silo].ServiceProvider.GetRequiredKeyedService<IMcCache<TKey, TValue>>(name);

    /// <summary>Lets a silo answer nobody who asks about its caches, until the end.</summary>
    public void Hang(int silo)
    {
        _shut = Silos[silo].ServiceProvider.GetRequiredService<Gate>();
        _shut.Shut();
    }

    public ValueTask DisposeAsync()
    {
        _shut?.Open();
        return Host.DisposeAsync();
    }

    private sealed class Gate : IIncomingGrainCallFilter
    {
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isShut;

        public void Shut() => _isShut = true;

        public void Open() => _opened.TrySetResult();

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (_isShut && context.InterfaceMethod.DeclaringType!.Name == "IAdministrationEndpoint")
                await _opened.Task;
            await context.Invoke();
        }
    }

    private sealed class Everybody : IMcCacheAuthorizer
    {
        public bool IsAllowed(McCacheAccess access) => true;
    }
}
