using Microsoft.Extensions.Caching.StackExchangeRedis;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Backplane.StackExchangeRedis;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace McCache.Bench.Wire;

/// <summary>Makes instances of FusionCache as its documentation does; events are called at once, not by way of the thread pool.</summary>
internal static class Fusions
{
    public static FusionCache Make(string name, bool hasSecondLevel, WireSettings settings)
    {
        var redis = $"127.0.0.1:{settings.RedisPort}";
        var fusion = new FusionCache(new FusionCacheOptions
        {
            CacheName = name,
            EnableSyncEventHandlersExecution = true,
            WaitForInitialBackplaneSubscribe = true,
            DefaultEntryOptions = new FusionCacheEntryOptions(TimeSpan.FromHours(1)),
        });
#pragma warning disable CA2000 // They live as long as the process.
        if (hasSecondLevel)
            fusion.SetupDistributedCache(new RedisCache(new RedisCacheOptions { Configuration = redis }), new FusionCacheSystemTextJsonSerializer());
        fusion.SetupBackplane(new RedisBackplane(new RedisBackplaneOptions { Configuration = redis }));
#pragma warning restore CA2000
        return fusion;
    }
}
