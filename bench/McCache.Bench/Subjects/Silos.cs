using System.Net;
using McCache.Bench.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McCache.Bench.Subjects;

/// <summary>Silos of this process, each a host of its own that reaches the others by sockets on loopback, with the options that a user gets who sets none.</summary>
internal sealed class Silos : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly List<IHost> _hosts = [];

    /// <summary>Starts silos; they serve their caches when this returns.</summary>
    public static async Task<Silos> StartAsync(int count, Action<McCacheBuilder> addCaches)
    {
        var silos = new Silos();
        try
        {
            var (ports, cluster) = (Children.FreePorts(count), Guid.NewGuid().ToString("N"));
            foreach (var port in ports)
            {
                var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
                builder.UseOrleans(silo => silo
                    .UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, ports[0]), serviceId: "McCache.Bench", cluster)
                    .AddMcCache(addCaches));
                builder.Logging.SetMinimumLevel(LogLevel.None);
                silos._hosts.Add(builder.Build());
                await silos._hosts[^1].StartAsync();
            }

            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    public IMcCache<TKey, string> Cache<TKey>(string name, int silo = 0)
        where TKey : notnull
        => _hosts[silo].Services.GetRequiredKeyedService<IMcCache<TKey, string>>(name);

    public IServiceProvider Services(int silo) => _hosts[silo].Services;

    /// <summary>The primary goes after the others: they take their leave in its membership table.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.AsEnumerable().Reverse())
        {
            using var patience = new CancellationTokenSource(s_patience);
            await host.StopAsync(patience.Token);
            host.Dispose();
        }
    }
}
