using McCache.Client;

namespace McCache.Silo;

/// <summary>Makes the caches before the silo can hear of anybody's writes, so that no frame comes too early.</summary>
internal sealed class CacheLifecycle(IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe<CacheLifecycle>(
        ServiceLifecycleStage.RuntimeServices,
        _ =>
        {
            services.GetRequiredService<CacheMember>();
            return Task.CompletedTask;
        });
}
