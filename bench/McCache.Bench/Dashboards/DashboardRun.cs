using System.Diagnostics;
using System.Net;
using McCache.Bench.Subjects;
using McCache.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace McCache.Bench.Dashboards;

/// <summary>
/// Five silos and the dashboard's host in this process, a worker on each silo that never pauses. Turns with the page open and closed alternate; who begins changes from round to round. The page is a reader of its
/// server-sent events, whose own cost is counted with the rest.
/// </summary>
internal static class DashboardRun
{
    private const int SiloCount = 5;
    private const int Keys = 2_000;
    private const string CacheName = "busy";
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(4);

    public static async Task<IReadOnlyCollection<DashboardRow>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        await using var silos = await Silos.StartAsync(SiloCount, caches => caches.Add<long, string>(CacheName));
        await using var site = await ServeAsync(silos);
        var collector = site.Services.GetRequiredService<Collector>();
        using var http = new HttpClient { BaseAddress = new Uri(site.Urls.First()), Timeout = Timeout.InfiniteTimeSpan };
        await TurnAsync(silos, cancellationToken); // does not count
        List<(Turn Closed, Turn Open)> turns = [];
        for (var round = 0; round < rounds; round++)
        {
            var (open, closed) = (default(Turn), default(Turn));
            if (round % 2 == 0)
                open = await OpenAsync();
            closed = await ClosedAsync();
            if (round % 2 != 0)
                open = await OpenAsync();
            turns.Add((closed, open));
        }

        return [ToRow("closed", turns, pair => pair.Closed), ToRow("open", turns, pair => pair.Open)];

        async Task<Turn> OpenAsync()
        {
            await using var stream = await http.GetStreamAsync("mccache/events", cancellationToken);
            var reading = stream.CopyToAsync(Stream.Null, cancellationToken);
            return await TurnAsync(silos, cancellationToken, collector);
        }

        async Task<Turn> ClosedAsync()
        {
            while (collector.IsWatched)
                await Task.Delay(100, cancellationToken);
            return await TurnAsync(silos, cancellationToken, collector);
        }
    }

    private static async Task<WebApplication> ServeAsync(Silos silos)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting().AddSingleton(silos.Services(0).GetRequiredService<IClusterClient>()).AddMcCacheDashboard();
        var site = builder.Build();
        site.MapMcCacheDashboard();
        await site.StartAsync();
        return site;
    }

    private static async Task<Turn> TurnAsync(Silos silos, CancellationToken cancellationToken, Collector? collector = null)
    {
        GC.Collect();
        var (asked, bytes, cpu, start) = (collector?.Asked ?? 0, GC.GetTotalAllocatedBytes(precise: true), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var operations = (await Task.WhenAll(Enumerable.Range(0, SiloCount).Select(silo => Task.Run(() => WorkAsync(silos.Cache<long>(CacheName, silo), silo, cancellationToken), cancellationToken)))).Sum();
        return new(
            operations / Stopwatch.GetElapsedTime(start).TotalSeconds,
            (Environment.CpuUsage.TotalTime - cpu).TotalNanoseconds / operations,
            (double)(GC.GetTotalAllocatedBytes(precise: true) - bytes) / operations,
            (collector?.Asked ?? 0) - asked);
    }

    /// <summary>Of a thousand operations 49 set a key, and one removes one coherently; the others read.</summary>
    private static async Task<long> WorkAsync(IMcCache<long, string> cache, int silo, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var operations = 0L;
        while (Stopwatch.GetElapsedTime(begin) < s_turn)
        {
            for (var i = 0; i < 1_000; i++, operations++)
            {
                var key = (operations * 31 + silo) % Keys;
                if (i % 20 == 0)
                    cache[key] = "value";
                else
                    cache.TryGetValue(key, out _);
            }

            await cache.RemoveAsync(operations % Keys, cancellationToken);
        }

        return operations;
    }

    private static DashboardRow ToRow(string page, List<(Turn Closed, Turn Open)> turns, Func<(Turn Closed, Turn Open), Turn> choose) => new(
        page,
        Median(turns.Select(pair => choose(pair).OperationsPerSecond)),
        Median(turns.Select(pair => choose(pair).CpuNanoseconds)),
        Median(turns.Select(pair => choose(pair).Bytes)),
        Median(turns.Select(pair => choose(pair).CpuNanoseconds / pair.Closed.CpuNanoseconds)),
        Median(turns.Select(pair => choose(pair).Bytes / pair.Closed.Bytes)),
        turns.Sum(pair => choose(pair).Questions));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private readonly record struct Turn(double OperationsPerSecond, double CpuNanoseconds, double Bytes, long Questions);
}
