using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace McCache.Bench.Processes;

/// <summary>The silo of a child: of loopback, with the options that a user gets who sets none.</summary>
internal static class SiloHost
{
    public static IHost Build(SiloSettings settings, Action<ISiloBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(
                settings.SiloPort,
                gatewayPort: 0, // no client comes from outside
                new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort),
                serviceId: "McCache.Bench",
                settings.ClusterId);
            if (settings.Secret is { } secret)
                silo.Configure<McCacheOptions>(options => options.EncryptionKeys.Add(secret));
            configure(silo);
        });

        // Standard output belongs to the answers; warnings go to the parent's standard error.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error).AddFilter("Orleans.Streams", LogLevel.None).AddFilter("Orleans.Providers", LogLevel.None).AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, ParentLifetime>();
        return builder.Build();
    }

    /// <summary>Starts the silo, and says so to the parent when it sees all the others; the primary at once, for the others need the table that it keeps.</summary>
    public static async Task StartAsync(IHost host, SiloSettings settings)
    {
        await host.StartAsync();
        if (settings.Number == 1)
            ParentLink.Send(new Answer(0));
        await SeeAllAsync(host.Services.GetRequiredService<IClusterMembershipService>(), settings.Silos);
        if (settings.Number != 1)
            ParentLink.Send(new Answer(0));
    }

    private static async Task SeeAllAsync(IClusterMembershipService membership, int silos)
    {
        await foreach (var view in membership.MembershipUpdates)
        {
            if (view.Members.Values.Count(member => member.Status == SiloStatus.Active) == silos)
                return;
        }
    }

    /// <summary>The parent decides when a silo stops.</summary>
    private sealed class ParentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
