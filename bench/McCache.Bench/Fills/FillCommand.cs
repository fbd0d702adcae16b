using System.CommandLine;
using BitFaster.Caching.Lru;
using McCache.Bench.Subjects;
using Microsoft.Extensions.Caching.Memory;

namespace McCache.Bench.Fills;

/// <summary>How long a thousand callers wait for one cold key, and how often its factory runs, on one silo and across three.</summary>
internal static class FillCommand
{
    private const int SiloCount = 3;
    private const string CacheName = "fill";

    public static Command Create()
    {
        var (json, quick) = (Report.JsonOption(), Report.QuickOption());
        var command = new Command("fill", "A thousand callers on one cold key whose factory takes 5 ms, on one silo beside MemoryCache, BitFaster, HybridCache and FusionCache, and across three silos.") { json, quick };
        command.SetAction(async (result, _) =>
        {
            await using var silos = await Silos.StartAsync(
                SiloCount, caches => caches.Add<string, string>(CacheName, options => (options.MaxEntries, options.TimeToLive) = (ColdKey.Room, Values.TimeToLive)));
            var ours = Enumerable.Range(0, SiloCount).Select(silo => silos.Cache<string>(CacheName, silo)).ToArray();
            var rounds = result.GetValue(quick) ? 30 : 150;
            FillRow[] rows =
            [
                .. await ColdKey.MeasureAsync("one silo", rounds, [NoCache, new("McCache", (key, factory, _) => ours[0].GetOrAddAsync(key, async (_, _) => await factory()).AsTask()), .. Peers()]),
                .. await ColdKey.MeasureAsync("three silos", rounds, [NoCache, new("McCache", (key, factory, caller) => ours[caller % SiloCount].GetOrAddAsync(key, async (_, _) => await factory()).AsTask())]),
            ];
            Report.Print(rows, result.GetValue(json));
            return 0;
        });
        return command;
    }

    /// <summary>The baseline: every caller runs the factory himself.</summary>
    private static Filled NoCache { get; } = new("no cache", (_, factory, _) => factory());

    private static IEnumerable<Filled> Peers()
    {
        var bitFaster = new ConcurrentLruBuilder<string, string>().WithCapacity(ColdKey.Room).WithExpireAfterWrite(Values.TimeToLive).WithAtomicGetOrAdd().AsAsyncCache().Build();
        yield return new("BitFaster ConcurrentTLru, atomic", (key, factory, _) => bitFaster.GetOrAddAsync(key, _ => factory()).AsTask());
        var memory = new MemoryCacheSubject(ColdKey.Room);
        yield return new("MemoryCache", (key, factory, _) => memory.Cache.GetOrCreateAsync(key, _ => factory(), memory.Options)!);
        var hybrid = new HybridCacheSubject(ColdKey.Room);
        yield return new("HybridCache", (key, factory, _) => hybrid.Cache.GetOrCreateAsync(key, async _ => await factory()).AsTask());
        var fusion = new FusionCacheSubject(ColdKey.Room);
        yield return new("FusionCache", (key, factory, _) => fusion.Cache.GetOrSetAsync<string>(key, async (_, _) => await factory(), options: fusion.Options).AsTask());
    }
}
