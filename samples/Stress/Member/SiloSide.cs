using System.Net;
using McCache.Streaming;
using McCache.Stress.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using StackExchange.Redis;

namespace McCache.Stress.Member;

/// <summary>An ordinary silo with one cache, membership in Redis, quick probes, and the two places where faults are injected.</summary>
internal sealed class SiloSide : IMemberSide
{
    internal const string ProviderName = "McCache"; // of the multicast streams that caches use
    private const int Capacity = 1_001_000; // room for all keys and no eviction: a stable key that misses has been dropped
    private static readonly TimeSpan s_probeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_tablePeriod = TimeSpan.FromSeconds(5);

    private readonly StallingConnection _connection = new();
    private readonly LossyTransport _transport;
    private readonly SiloMember _member;

    internal SiloSide(MemberSettings settings, Counters counters)
    {
        Host = Build(settings, counters, _connection);
        _member = Host.Services.GetRequiredService<MulticastMembers>().Find(ProviderName)!;
        _transport = Host.Services.GetRequiredService<LossyTransport>();
    }

    public IHost Host { get; }

    public MulticastStatistics Multicast => _member.GetStatistics();

    /// <summary>The grain is this silo's door to its cache, a stateless worker, so it is this silo that answers.</summary>
    public ICacheExtension Door
        => Host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICacheGrain<string, long>>(CheckedCache.Name).AsReference<ICacheExtension>();

    public async Task<IMcCache<string, long>> StartAsync(CancellationToken cancellationToken)
    {
        await Host.StartAsync(cancellationToken);
        return Host.Services.GetRequiredKeyedService<IMcCache<string, long>>(CheckedCache.Name);
    }

    public void Lose(double share) => _transport.Share = share;

    public void CarryOut(Shared.Order order) => _connection.Set(order.In, order.Out);

    public Numbers Complete(Numbers numbers) => numbers with { Attached = Math.Max(_member.Clients, Listening()) };

    public double TakeLongestOutage() => 0;

    /// <summary>The clients to which what is published on some stream is sent.</summary>
    private int Listening() => _member.Streams.All.Select(stream => stream.Value.Clients.Length).DefaultIfEmpty().Max();

    private static IHost Build(MemberSettings settings, Counters counters, StallingConnection connection)
    {
        var builder = FileLog.CreateBuilder(settings);
        var here = settings.Silos[settings.Place.Index];
        builder.UseOrleans(silo =>
        {
            silo.ConfigureEndpoints(IPAddress.Parse(here.Address), here.SiloPort, here.GatewayPort, listenOnAnyHostAddress: false)
                .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.ClusterId, settings.ClusterId))
                .Configure<ClusterMembershipOptions>(Configure)
                .Configure<SiloConnectionOptions>(connection.Configure)
                .UseRedisClustering(options => options.ConfigurationOptions = Configure(settings.Table))
                .AddMcCache(caches => caches.Add<string, long>(CheckedCache.Name, options => (options.Coherence, options.MaxEntries) = (settings.Coherence, Capacity)));
            silo.Configure<McCacheOptions>(options => Protection.Configure(options, settings));
            if (settings.Tls)
                silo.UseMcCacheTls(options => Protection.Configure(options, settings));
            silo.Services.AddSingleton(counters);
            silo.Services.AddSingleton<LossyTransport>(services => new(services.GetRequiredService<EndpointClient>(), counters));
            silo.Services.AddSingleton<IMulticastTransport>(services => services.GetRequiredService<LossyTransport>());
        });
        return builder.Build();
    }

    private static void Configure(ClusterMembershipOptions options)
    {
        (options.ProbeTimeout, options.MaxProbeTimeout, options.NumMissedProbesLimit) = (s_probeTimeout, s_probeTimeout, 2);
        (options.TableRefreshTimeout, options.IAmAliveTablePublishTimeout) = (s_tablePeriod, s_tablePeriod);
    }

    private static ConfigurationOptions Configure(string table)
    {
        var options = ConfigurationOptions.Parse(table);
        options.AbortOnConnectFail = false;
        (options.ConnectTimeout, options.AsyncTimeout, options.SyncTimeout) = (1_000, 2_000, 2_000);
        options.ReconnectRetryPolicy = new LinearRetry(500);
        return options;
    }
}
