using McCache;
using McCache.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Orleans.Hosting;

/// <summary>Adds McCache to a client outside the cluster.</summary>
public static class McCacheClientBuilderExtensions
{
    /// <summary>
    /// Lets a client have copies of the cluster's caches in its own memory, kept coherent through one of its gateways. Caches are had by <see cref="McCacheClientExtensions.GetMcCacheAsync"/>; they need not be added, but may be, for options of their
    /// own, and to be had as keyed services.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Adds caches, with the types and the <see cref="CacheOptions.Coherence"/> that they have in the cluster.</param>
    public static IClientBuilder AddMcCache(this IClientBuilder builder, Action<McCacheBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddMulticastStreams(CacheMember.ProviderName);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<IClusterClientLifecycle>, ClientCacheLifecycle>());
        var caches = new McCacheBuilder(builder.Services);
        configure?.Invoke(caches);
        return builder;
    }

    /// <summary>Makes the caches that were added when the client starts, so that their gateway is looked for.</summary>
    private sealed class ClientCacheLifecycle(IServiceProvider services, IEnumerable<CacheRegistration> registrations) : ILifecycleParticipant<IClusterClientLifecycle>
    {
        public void Participate(IClusterClientLifecycle lifecycle) => lifecycle.Subscribe<ClientCacheLifecycle>(
            ServiceLifecycleStage.Active,
            _ =>
            {
                if (registrations.Any())
                    services.GetRequiredService<CacheMember>();
                return Task.CompletedTask;
            });
    }
}
