using System.Diagnostics;
using System.IO.Hashing;
using System.Net;
using HdrHistogram;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McCache.Bench.Large;

/// <summary>A silo with one replicated cache, with the options that a user gets who sets none.</summary>
internal sealed class SiloChild : IDisposable
{
    public const string Name = "large-silo";
    private const string Key = "value";
    private const int SmallBytes = 64;
    private const int SmallKeys = 16;
    private const long MaxMicroseconds = 120_000_000;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(10);

    private readonly IHost _host;
    private readonly IMcCache<string, byte[]> _cache;
    private readonly SemaphoreSlim _changed = new(0);
    private readonly IDisposable _watching;

    private SiloChild(IHost host)
    {
        _host = host;
        _cache = host.Services.GetRequiredKeyedService<IMcCache<string, byte[]>>(Name);
        _watching = _cache.OnChange(change =>
        {
            if (change.Key == Key)
                _changed.Release();
        });
    }

    public static async Task<int> RunAsync()
    {
        var settings = Wire.FromLine<SiloSettings>(ParentLink.ReadSettings());
        using var host = Build(settings);
        await host.StartAsync();
        if (settings.Number == 1)
            ParentLink.Send(new Answer(0)); // the others need the table that it keeps
        await SeeAllAsync(host.Services.GetRequiredService<IClusterMembershipService>(), settings.Silos);
        if (settings.Number != 1)
            ParentLink.Send(new Answer(0));
        using var silo = new SiloChild(host);
        await ParentLink.ListenAsync(silo.CarryOutAsync);
        await host.StopAsync();
        return 0;
    }

    public void Dispose()
    {
        _watching.Dispose();
        _changed.Dispose();
    }

    private static IHost Build(SiloSettings settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(
                settings.SiloPort,
                gatewayPort: 0, // no client comes from outside
                new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort),
                serviceId: "McCache.Bench",
                settings.ClusterId)
            .AddMcCache(caches => caches.Add<string, byte[]>(Name, options => options.Coherence = Coherence.Replicate)));

        // Standard output belongs to the answers; warnings go to the parent's standard error.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error).AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, ParentLifetime>();
        return builder.Build();
    }

    private static async Task SeeAllAsync(IClusterMembershipService membership, int silos)
    {
        await foreach (var view in membership.MembershipUpdates)
        {
            if (view.Members.Values.Count(member => member.Status == SiloStatus.Active) == silos)
                return;
        }
    }

    private async Task<Answer> CarryOutAsync(Order order)
    {
        switch (order.Do)
        {
            case Order.Put:
                return await PutAsync(order.Bytes, order.Round);
            case Order.Await:
                return new Answer(0, End: await AwaitAsync(order.Bytes, order.Round));
            case Order.Check:
                return new Answer(0, Number: _cache.TryGetValue(Key, out var value) ? XxHash3.HashToUInt64(value) : 0);
            case Order.Verbs:
                return await VerbsAsync(TimeSpan.FromSeconds(order.Seconds));
            case Order.Remove:
                await _cache.RemoveAsync(Key);
                return new Answer(0);
            case Order.Suspected:
                return new Answer(0, Number: await CountSuspectedAsync());
            default:
                return new Answer(0);
        }
    }

    /// <summary>The time begins when the value has been made and the verb is called.</summary>
    private async Task<Answer> PutAsync(long bytes, long round)
    {
        var value = Values.Make(bytes, round);
        var start = Stopwatch.GetTimestamp();
        await _cache.SetAsync(Key, value);
        return new Answer(0, start, await AwaitAsync(bytes, round));
    }

    /// <summary>Reads whenever the cache tells of a change of the key, and every ten milliseconds besides: to read without a pause would take the time of those who bring the value.</summary>
    /// <returns>When a read had yielded the value.</returns>
    private async Task<long> AwaitAsync(long bytes, long round)
    {
        while (!_cache.TryGetValue(Key, out var value) || !Values.Is(value, bytes, round))
            await _changed.WaitAsync(s_period);
        return Stopwatch.GetTimestamp();
    }

    private async Task<Answer> VerbsAsync(TimeSpan time)
    {
        await Task.Yield();
        var times = new LongHistogram(1, MaxMicroseconds, 3);
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; Stopwatch.GetElapsedTime(begin) < time; i++)
        {
            var value = new byte[SmallBytes];
            var start = Stopwatch.GetTimestamp();
            await _cache.SetAsync($"small-{i % SmallKeys}", value);
            times.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds, 1, MaxMicroseconds));
        }

        return new Answer(0, Times: [.. times.RecordedValues().SelectMany(value => new[] { value.ValueIteratedTo, value.CountAtValueIteratedTo })]);
    }

    /// <summary>Votes that silos have cast against each other, and silos that are not active.</summary>
    private async Task<ulong> CountSuspectedAsync()
    {
        var table = await _host.Services.GetRequiredService<IMembershipTable>().ReadAllAsync();
        return (ulong)table.Members.Sum(member => (member.Item1.SuspectTimes?.Count ?? 0) + (member.Item1.Status == SiloStatus.Active ? 0 : 1));
    }

    /// <summary>The parent decides when a silo stops.</summary>
    private sealed class ParentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
