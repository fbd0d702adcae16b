using System.Net;
using McCache.Streaming;
using McCache.Stress.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace McCache.Stress.Member;

/// <summary>An ordinary client that knows the gateways of all silos, with a near cache of the silos' cache, and the two places where faults are injected.</summary>
internal sealed class ClientSide : IMemberSide
{
    private static readonly TimeSpan s_connectPeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>How often gateways that could not be reached are tried again. Orleans' default is a minute; here one is lost every few seconds.</summary>
    private static readonly TimeSpan s_gatewayPeriod = TimeSpan.FromSeconds(5);

    private readonly StallingConnection _connection = new();
    private readonly GatewayConnections _gateways = new();
    private readonly MemberSettings _settings;
    private readonly ClientMember _member;
    private readonly GatewayWatch _watch;

    internal ClientSide(MemberSettings settings)
    {
        _settings = settings;
        Host = Build();
        _member = Host.Services.GetRequiredService<ClientMembers>().Find(SiloSide.ProviderName);
        _watch = new GatewayWatch(_member);
    }

    public IHost Host { get; }

    public MulticastStatistics Multicast => _member.GetStatistics();

    public ICacheExtension? Door => null;

    public async Task<IMcCache<string, long>> StartAsync(CancellationToken cancellationToken)
    {
        await Host.StartAsync(cancellationToken);
        var cache = await Host.Services.GetRequiredService<IClusterClient>().GetMcCacheAsync<string, long>(CheckedCache.Name, cancellationToken);
        _watch.Start(cancellationToken);
        return cache;
    }

    /// <summary>Only silos lose batches.</summary>
    public void Lose(double share)
    {
    }

    public void CarryOut(Order order)
    {
        if (order.Do == Orders.Stall)
            _connection.Set(order.In, order.Out);
        else if (order.Out && _member.Gateway is { } gateway)
            _gateways.Leave(GatewayOf(gateway));
        else
            _gateways.Return();
    }

    public Numbers Complete(Numbers numbers) => numbers with { Moves = _watch.Moves };

    public double TakeLongestOutage() => _watch.TakeLongestOutage();

    private IPEndPoint GatewayOf(SiloAddress silo)
    {
        var place = _settings.Silos.First(place => place.SiloPort == silo.Endpoint.Port && IPAddress.Parse(place.Address).Equals(silo.Endpoint.Address));
        return new IPEndPoint(silo.Endpoint.Address, place.GatewayPort);
    }

    private IHost Build()
    {
        var builder = FileLog.CreateBuilder(_settings);
        builder.UseOrleansClient(client => Configure(client
            .UseStaticClustering([.. _settings.Silos.Select(silo => new IPEndPoint(IPAddress.Parse(silo.Address), silo.GatewayPort))])
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (_settings.ClusterId, _settings.ClusterId))
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = s_gatewayPeriod)
            .Configure<ClientConnectionOptions>(_connection.Configure)
            .Configure<ClientConnectionOptions>(_gateways.Configure)
            .UseConnectionRetryFilter(static async (_, cancellationToken) =>
            {
                await Task.Delay(s_connectPeriod, cancellationToken); // the silos may not be up yet
                return true;
            })
            .AddMcCache()));
        return builder.Build();
    }

    private void Configure(IClientBuilder client)
    {
        client.Configure<McCacheOptions>(options => Protection.Configure(options, _settings));
        if (_settings.Tls)
            client.UseMcCacheTls(options => Protection.Configure(options, _settings));
    }
}
