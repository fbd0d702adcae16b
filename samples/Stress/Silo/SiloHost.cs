using System.Net;
using McCache.Streaming;
using McCache.Stress.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using StackExchange.Redis;

namespace McCache.Stress.Silo;

/// <summary>Builds an ordinary silo with one cache, membership in Redis, quick probes, and the two places where faults are injected.</summary>
internal static class SiloHost
{
    private const int Capacity = 1_001_000; // room for all keys and no eviction: a stable key that misses has been dropped
    private static readonly TimeSpan s_probeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_tablePeriod = TimeSpan.FromSeconds(5);

    internal static IHost Build(SiloSettings settings, Counters counters, StallingConnection connection)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(Enum.TryParse<LogLevel>(Environment.GetEnvironmentVariable("MCCACHE_STRESS_LOG"), out var level) ? level : LogLevel.Warning);
        builder.Logging.AddProvider(new FileLog(RunFiles.Log(settings.Folder, settings.Index)));
        builder.UseOrleans(silo =>
        {
            silo.ConfigureEndpoints(IPAddress.Parse(settings.Address), settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: false)
                .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.ClusterId, settings.ClusterId))
                .Configure<ClusterMembershipOptions>(Configure)
                .Configure<SiloConnectionOptions>(connection.Configure)
                .UseRedisClustering(options => options.ConfigurationOptions = Configure(settings.Table))
                .AddMcCache(caches => caches.Add<string, long>(CheckedCache.Name, options => (options.Coherence, options.MaxEntries) = (settings.Coherence, Capacity)));
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
