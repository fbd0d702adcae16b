using System.Net;
using System.Net.Sockets;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace McCache.Cluster.Tests;

/// <summary>Silos and clients in this process, each a host of its own, that reach each other by real sockets on loopback.</summary>
internal sealed class ClientCluster : IAsyncDisposable
{
    private readonly List<IHost> _silos = [];
    private readonly List<IHost> _siloHosts = []; // those that never start, too
    private readonly List<IHost> _clients = [];
    private readonly List<int> _gateways = [];
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly Action<ISiloBuilder>? _configure;
    private readonly int _primary = FreePort();

    private ClientCluster(Action<ISiloBuilder>? configure) => _configure = configure;

    public IReadOnlyList<IHost> Silos => _silos;

    /// <summary>Starts silos with the caches "cache" and, replicated, "replica", and whatever else is configured.</summary>
    public static async Task<ClientCluster> StartAsync(int silos, Action<ISiloBuilder>? configure = null)
    {
        var cluster = new ClientCluster(configure);
        for (var i = 0; i < silos; i++)
            await cluster.AddSiloAsync();
        return cluster;
    }

    public async Task<IHost> AddSiloAsync()
    {
        var (port, gateway) = (_silos.Count == 0 ? _primary : FreePort(), FreePort());
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gateway, new IPEndPoint(IPAddress.Loopback, _primary), _id, _id);
            silo.Configure<ClusterMembershipOptions>(options => (options.ProbeTimeout, options.NumMissedProbesLimit) = (TimeSpan.FromSeconds(1), 2));
            silo.Configure<McCacheOptions>(Hasten);
            silo.AddMcCache(caches => caches
                .Add<string, int>("cache")
                .Add<string, string>("replica", options => options.Coherence = Coherence.Replicate));
            silo.AddMulticastStreams("news");
            _configure?.Invoke(silo);
        });
        var host = builder.Build();
        _siloHosts.Add(host);
        await host.StartAsync();
        _silos.Add(host);
        _gateways.Add(gateway);
        return host;
    }

    /// <summary>A client that knows the gateways of some silos, or of all there are.</summary>
    public Task<IClusterClient> AddClientAsync(params int[] silos) => AddClientAsync(null, null, silos);

    /// <inheritdoc cref="AddClientAsync(int[])"/>
    public async Task<IClusterClient> AddClientAsync(Action<IClientBuilder>? configureClient = null, Action<McCacheBuilder>? configure = null, params int[] silos)
    {
        var gateways = silos.Length == 0 ? [.. _gateways] : silos.Select(silo => _gateways[silo]).ToList();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering([.. gateways.Select(port => new IPEndPoint(IPAddress.Loopback, port))]);
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (_id, _id));
            client.Configure<McCacheOptions>(Hasten);
            client.AddMcCache(configure);
            client.AddMulticastStreams("news");
            configureClient?.Invoke(client);
        });
        var host = builder.Build();
        await host.StartAsync();
        _clients.Add(host);
        return host.Services.GetRequiredService<IClusterClient>();
    }

    public IMcCache<TKey, TValue> Cache<TKey, TValue>(int silo, string name)
        where TKey : notnull
        => _silos[silo].Services.GetRequiredKeyedService<IMcCache<TKey, TValue>>(name);

    /// <summary>How a client is a member of the caches' provider.</summary>
    public static ClientMember Member(IClusterClient client) => client.ServiceProvider.GetRequiredService<ClientMembers>().Find(CacheMember.ProviderName);

    /// <summary>How a silo is.</summary>
    public SiloMember Member(int silo) => _silos[silo].Services.GetRequiredService<MulticastMembers>().Find(CacheMember.ProviderName)!;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _clients.Concat(_siloHosts.AsEnumerable().Reverse()))
        {
            using var quick = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                await host.StopAsync(quick.Token);
            }
            catch (OperationCanceledException)
            {
                // It hangs on purpose.
            }

            host.Dispose();
        }
    }

    private static void Hasten(McCacheOptions options) => (options.LeaseDuration, options.LeaseRenewal) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(300));

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
