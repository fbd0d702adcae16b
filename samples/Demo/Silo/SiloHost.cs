using System.Net;
using McCache.Demo.Shared;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McCache.Demo.Silo;

/// <summary>What a user of McCache writes: an Orleans silo with a cache.</summary>
internal static class SiloHost
{
    public const string CacheName = "pages";

    public static IHost Build(SiloSettings settings, AccessTrace trace)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddEnvironmentVariables();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(
                settings.SiloPort,
                gatewayPort: 0, // no client comes from outside
                new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort),
                serviceId: "McCache.Demo",
                settings.ClusterId)
            .AddMcCache(caches => caches.Add<string, Page>(
                CacheName,
                options => (options.Coherence, options.MaxEntries) = (settings.Coherence, trace.CacheCapacity(settings.Coherence)),
                sizeOf: (key, page) => key.Length + page.Body.Length)));

        // stdout belongs to the reports; the parent keeps stderr as this silo's log.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, ParentLifetime>();
        return builder.Build();
    }

    /// <summary>Leaves signals to <see cref="ParentPipe"/>: the parent decides when a silo stops.</summary>
    private sealed class ParentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
