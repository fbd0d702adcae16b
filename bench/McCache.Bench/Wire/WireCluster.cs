using System.Diagnostics;
using McCache.Bench.Processes;

namespace McCache.Bench.Wire;

/// <summary>Coherence as it stands in rows.</summary>
internal static class Modes
{
    public static string Name(Coherence? coherence) => coherence switch { Coherence.Invalidate => "invalidate", Coherence.Replicate => "replicate", _ => "–" };
}

/// <summary>What the run is about, on standard error.</summary>
internal static class Progress
{
    private static readonly long s_start = Stopwatch.GetTimestamp();

    public static Task SayAsync(string text) => Console.Error.WriteLineAsync($"{Stopwatch.GetElapsedTime(s_start).TotalSeconds,4:0} s  {text}");
}

/// <summary>The processes of a run: the silos, connected to each other by sockets too, and the Redis protocol server.</summary>
internal sealed class WireCluster : IAsyncDisposable
{
    private readonly Children _children = new();
    private readonly string _board = System.IO.Path.GetTempFileName();
    private readonly Child _garnet;

    private WireCluster(int silos)
    {
        var (ports, cluster) = (Children.FreePorts(silos + 1), $"bench-{Guid.NewGuid():N}");
        Board.Create(_board);
        _garnet = _children.Start("The Redis server", GarnetChild.Name, new[] { ports[silos] });
        Settings = [.. Enumerable.Range(1, silos).Select(silo => new WireSettings(silo, silos, cluster, ports[silo - 1], ports[0], _board, ports[silos], IsObserved: false))];
    }

    /// <summary>Two processes with FusionCache and no silo.</summary>
    public async Task<Child[]> StartFusionsAsync(Children children)
    {
        Child[] fusions = [.. Settings[..2].Select(settings => children.Start($"FusionCache {settings.Number}", FusionChild.Name, settings))];
        await Task.WhenAll(fusions.Select(fusion => fusion.Up));
        return fusions;
    }

    /// <summary>In the order of their numbers; the first is the primary, and the writer.</summary>
    public Child[] Silos { get; private set; } = [];

    private WireSettings[] Settings { get; }

    /// <param name="silos">How many.</param>
    /// <param name="isObserved">Whether somebody looks at each frame that has been applied.</param>
    /// <exception cref="ChildFailedException">A process has ended.</exception>
    /// <exception cref="TimeoutException">One did not come up.</exception>
    public static async Task<WireCluster> StartAsync(int silos, bool isObserved)
    {
        await Progress.SayAsync($"{silos} silos and a Redis protocol server");
        var cluster = new WireCluster(silos);
        try
        {
            await cluster._garnet.Up;
            foreach (var settings in cluster.Settings)
            {
                cluster.Silos = [.. cluster.Silos, cluster._children.Start($"Silo {settings.Number}", WireSilo.Name, settings with { IsObserved = isObserved })];
                if (settings.Number == 1)
                    await cluster.Silos[0].Up;
            }

            await Task.WhenAll(cluster.Silos.Select(silo => silo.Up));
            var links = await cluster.AskAllAsync(new Order(0, WireOrder.Connect));
            for (var from = 0; from < silos; from++)
            {
                for (var to = 0; to < silos; to++)
                {
                    if (from != to)
                        await cluster.Silos[from].AskAsync(new Order(0, WireOrder.Connect, Port: (int)links[to].Number));
                }
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task<Answer[]> AskAllAsync(Order order) => Task.WhenAll(Silos.Select(silo => silo.AskAsync(order)));

    /// <summary>Puts the first silo on some cores, the others on some, and the server on either's.</summary>
    public Task PinAsync(long first, long others)
        => Task.WhenAll([.. Silos.Select((silo, index) => silo.AskAsync(new Order(0, WireOrder.Pin, index == 0 ? first : others))), _garnet.AskAsync(new Order(0, WireOrder.Pin, first | others))]);

    public async ValueTask DisposeAsync()
    {
        await _children.DisposeAsync();
        File.Delete(_board);
    }
}
