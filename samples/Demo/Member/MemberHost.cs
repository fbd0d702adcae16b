using System.Net;
using McCache.Demo.Shared;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace McCache.Demo.Member;

/// <summary>What a user of McCache writes: an Orleans silo with a cache, or a client outside the cluster with a near cache.</summary>
internal static class MemberHost
{
    public const string CacheName = "pages";

    private const string ServiceId = "McCache.Demo";

    public static IHost Build(MemberSettings settings, AccessTrace trace, GatewayLosses losses)
    {
        return settings.Number == 1 ? DashboardHost.Build(settings, builder => Configure(builder, settings, trace, losses)) : Build();

        IHost Build()
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            Configure(builder, settings, trace, losses);
            return builder.Build();
        }
    }

    private static void Configure(IHostApplicationBuilder builder, MemberSettings settings, AccessTrace trace, GatewayLosses losses)
    {
        builder.Configuration.AddEnvironmentVariables();
        if (settings.IsClient)
            AddClient(builder, settings, AddCaches);
        else
            AddSilo(builder, settings, AddCaches);

        // stdout belongs to the reports; the parent keeps stderr as this process's log.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddProvider(losses);
        builder.Services.AddSingleton<IHostLifetime, ParentLifetime>();

        void AddCaches(McCacheBuilder caches) => caches.Add<string, Page>(
            CacheName,
            options => (options.Coherence, options.MaxEntries, options.TopKeys) = (settings.Coherence, trace.CacheCapacity(settings.Coherence), 20),
            sizeOf: (key, page) => key.Length + page.Body.Length);
    }

    private static void AddSilo(IHostApplicationBuilder builder, MemberSettings settings, Action<McCacheBuilder> caches) => builder.UseOrleans(silo => silo
        .UseLocalhostClustering(
            settings.SiloPorts[settings.Number - 1],
            settings.GatewayPorts[settings.Number - 1],
            new IPEndPoint(IPAddress.Loopback, settings.SiloPorts[0]),
            ServiceId,
            settings.ClusterId)
        .AddDashboard() // the official one, of grains and silos
        .AddMcCache(caches));

    private static void AddClient(IHostApplicationBuilder builder, MemberSettings settings, Action<McCacheBuilder> caches) => builder.UseOrleansClient(client => client
        .UseStaticClustering([.. settings.GatewayPorts.Select(port => new IPEndPoint(IPAddress.Loopback, port))])
        .Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (ServiceId, settings.ClusterId))
        .AddMcCache(caches));

    /// <summary>Leaves signals to <see cref="ParentPipe"/>: the parent decides when a member stops.</summary>
    private sealed class ParentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
