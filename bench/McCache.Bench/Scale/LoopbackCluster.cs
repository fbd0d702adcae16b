using System.Net;
using McCache.Bench.Processes;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace McCache.Bench.Scale;

/// <summary>Silos in this process, each a host of its own, that reach each other by real sockets on loopback; with one invalidating cache, or for comparison without McCache.</summary>
internal sealed class LoopbackCluster(TimeSpan? leaseDuration) : IAsyncDisposable
{
    public const string CacheName = "scale";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(1);

    private readonly string _id = $"bench-{Guid.NewGuid():N}";
    private readonly List<IHost> _silos = [];
    private int _primaryPort;
    private long _asked;

    public int Silos => _silos.Count;

    /// <summary>How often a silo has asked another for its promise.</summary>
    public long Asked => Volatile.Read(ref _asked);

    /// <summary>The cache of the first silo, which is the only one that writes.</summary>
    public IMcCache<string, int> Cache => _silos[0].Services.GetRequiredKeyedService<IMcCache<string, int>>(CacheName);

    /// <summary>Adds silos until there are so many, and waits until each of them sees them all, and serves.</summary>
    public async Task GrowAsync(int silos)
    {
        List<Task> starting = [];
        foreach (var port in Children.FreePorts(silos - Silos))
        {
            _primaryPort = Silos == 0 ? port : _primaryPort;
            var silo = Build(port);
            _silos.Add(silo);
            starting.Add(Task.Run(() => silo.StartAsync()));
            if (Silos == 1)
                await SeeAllAsync(silo, 1); // it keeps the membership table, which the others look for every five seconds only
        }

        await Task.WhenAll(starting.Concat(_silos.Select(silo => SeeAllAsync(silo, silos)))).WaitAsync(s_patience);
    }

    /// <summary>The silos end as if they crashed: nobody reads their table any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_silos.Select(silo => Task.Run(async () =>
        {
            try
            {
                await silo.StopAsync(new CancellationToken(canceled: true)).WaitAsync(s_endPatience);
            }
            catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
            {
                // It was not given the time.
            }
        })));
        _silos.ForEach(silo => silo.Dispose());
        _silos.Clear();
    }

    private IHost Build(int port)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, _primaryPort), serviceId: "McCache.Bench", _id);
            silo.Configure<ClusterMembershipOptions>(options => options.ProbeTimeout = TimeSpan.FromSeconds(30)); // many silos on few cores are slow, not dead
            if (leaseDuration is not { } duration)
                return;
            silo.Configure<McCacheOptions>(options => options.LeaseDuration = duration);
            silo.AddMcCache(caches => caches.Add<string, int>(CacheName, options => options.TimeToLive = TimeSpan.FromHours(1)));
            silo.Services.AddSingleton(CreateLease);
        });
        builder.Logging.ClearProviders();
        return builder.Build();
    }

    /// <summary>As AddMcCache does, with a network that counts.</summary>
    private SiloLease CreateLease(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<McCacheOptions>>().Value;
        return new(
            services.GetRequiredService<ILocalSiloDetails>().SiloAddress,
            new LeaseTimes(options.LeaseDuration, options.LeaseRenewal),
            options.MaxClockSkew,
            new CountingNetwork(this, services.GetRequiredService<LeaseNetwork>()),
            services.GetRequiredService<TimeProvider>(),
            Random.Shared,
            services.GetRequiredService<ILogger<SiloLease>>());
    }

    private static async Task SeeAllAsync(IHost silo, int silos)
    {
        await foreach (var view in silo.Services.GetRequiredService<IClusterMembershipService>().MembershipUpdates)
        {
            if (view.Members.Values.Count(member => member.Status == SiloStatus.Active) == silos)
                return;
        }
    }

    /// <summary>Counts the questions for promises.</summary>
    private sealed class CountingNetwork(LoopbackCluster cluster, LeaseNetwork network) : ILeaseNetwork
    {
        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration)
        {
            Interlocked.Increment(ref cluster._asked);
            return network.AskAsync(silo, version, duration);
        }

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => network.SayGoodbyeAsync(silo, isDrained);

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => network.RefreshAsync(minimum, cancellationToken);

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken) => network.ReadTableAsync(cancellationToken);
    }
}
