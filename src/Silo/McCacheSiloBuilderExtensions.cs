using McCache;
using McCache.Client;
using McCache.Grains;
using McCache.Silo;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Orleans.Hosting;

/// <summary>Adds McCache to a silo.</summary>
public static class McCacheSiloBuilderExtensions
{
    /// <summary>
    /// Gives the silo caches in its own memory, kept coherent with those of every other silo. May be called several times to add more caches. The caches are ready when
    /// the silo has started; before that, and from the beginning of its stop on, they look empty.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Adds the caches. Every silo of the cluster adds the same replicated ones; of others, those that it uses: nothing of a cache goes to a silo that has not added it.</param>
    /// <example>
    /// <code>
    /// silo.AddMcCache(caches => caches.Add&lt;string, Product&gt;("products", options => options.TimeToLive = TimeSpan.FromHours(1)));
    /// </code>
    /// </example>
    public static ISiloBuilder AddMcCache(this ISiloBuilder builder, Action<McCacheBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddMulticastStreams(CacheMember.ProviderName, static options => options.HasTopics = true);
        builder.AddGrainExtension<ICacheExtension, CacheExtension>();
        if (!builder.Services.Any(service => service.ServiceType == typeof(AdministrationClient)))
        {
            builder.Services.AddSingleton<AdministrationClient>();
            builder.Services.AddSingleton<SiloSnapshots>();
            builder.AddGrainService<AdministrationEndpoint>();
            builder.AddIncomingGrainCallFilter<AccessFilter>();
            builder.Services.AddSingleton<AccessControl>();
            builder.Services.AddSingleton<IClientAccess, ClientAccess>();
            builder.Services.TryAddSingleton<IMcCacheAuthorizer, DefaultAuthorizer>();
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, CacheLifecycle>());
        var caches = new McCacheBuilder(builder.Services); // registers what a silo without a cache needs too
        configure?.Invoke(caches);
        return builder;
    }
}
