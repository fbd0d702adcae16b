using System.Diagnostics;
using System.IO.Hashing;
using HdrHistogram;
using McCache.Bench.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McCache.Bench.Large;

/// <summary>A silo with a replicated cache, and one of small values that is not, with the options that a user gets who sets none.</summary>
internal sealed class SiloChild : IDisposable
{
    public const string Name = "large-silo";
    private const string Key = "value";
    private const string SmallName = "small";
    private const int Burst = 10_000;
    private const int SmallBytes = 64;
    private const int SmallKeys = 16;
    private const long MaxMicroseconds = 120_000_000;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(10);

    private readonly IHost _host;
    private readonly IMcCache<string, byte[]> _cache;
    private readonly IMcCache<string, long> _small;
    private readonly SemaphoreSlim _changed = new(0);
    private readonly IDisposable _watching;

    private SiloChild(IHost host)
    {
        _host = host;
        _cache = host.Services.GetRequiredKeyedService<IMcCache<string, byte[]>>(Name);
        _small = host.Services.GetRequiredKeyedService<IMcCache<string, long>>(SmallName);
        _watching = _cache.OnChange(change =>
        {
            if (change.Key == Key)
                _changed.Release();
        });
    }

    public static async Task<int> RunAsync()
    {
        var settings = JsonLines.FromLine<SiloSettings>(ParentLink.ReadSettings());
        using var host = SiloHost.Build(settings, silo => silo.AddMcCache(caches => caches
            .Add<string, byte[]>(Name, options => options.Coherence = Coherence.Replicate)
            .Add<string, long>(SmallName)));
        await SiloHost.StartAsync(host, settings);
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

    private async Task<Answer> CarryOutAsync(Order order)
    {
        switch (order.Do)
        {
            case LargeOrder.Put:
                return await PutAsync(order.Bytes, order.Round);
            case LargeOrder.Await:
                return new Answer(0, End: await AwaitAsync(order.Bytes, order.Round));
            case LargeOrder.Check:
                return new Answer(0, Number: _cache.TryGetValue(Key, out var value) ? XxHash3.HashToUInt64(value) : 0);
            case LargeOrder.Verbs:
                return await VerbsAsync(TimeSpan.FromSeconds(order.Seconds));
            case LargeOrder.Flood:
                return await FloodAsync(TimeSpan.FromSeconds(order.Seconds));
            case LargeOrder.Remove:
                await _cache.RemoveAsync(Key);
                return new Answer(0);
            case LargeOrder.Suspected:
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

    private async Task<Answer> FloodAsync(TimeSpan time)
    {
        await Task.Yield();
        string[] keys = [.. Enumerable.Range(0, Burst).Select(i => $"small-{i}")];
        var (start, written) = (Stopwatch.GetTimestamp(), 0UL);
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            foreach (var key in keys)
                _small[key] = (long)written++;
            await _small.RemoveAsync("fence");
        }

        return new Answer(0, start, Stopwatch.GetTimestamp(), written);
    }

    /// <summary>Votes that silos have cast against each other, and silos that are not active.</summary>
    private async Task<ulong> CountSuspectedAsync()
    {
        var table = await _host.Services.GetRequiredService<IMembershipTable>().ReadAllAsync();
        return (ulong)table.Members.Sum(member => (member.Item1.SuspectTimes?.Count ?? 0) + (member.Item1.Status == SiloStatus.Active ? 0 : 1));
    }
}
