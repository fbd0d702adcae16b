using McCache.Client;
using McCache.Core;
using McCache.Streaming;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace McCache;

/// <summary>Adds named caches to a member. Not thread-safe: it lives while the host is being built.</summary>
public sealed class McCacheBuilder
{
    private const int MaxNameLength = 200;

    internal McCacheBuilder(IServiceCollection services)
    {
        Services = services;
        services.TryAddSingleton<CacheMember>();
        services.TryAddKeyedSingleton(typeof(IMcCache<,>), KeyedService.AnyKey, typeof(CacheView<,>));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<CacheOptions>, CacheOptionsBinding>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CacheOptions>, OptionsValidation>());
        services.AddMcCacheOptions();
    }

    /// <summary>The services of the host that is being built.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds a cache, to be had as keyed service <see cref="IMcCache{TKey, TValue}"/> under its name. Every member of the cluster adds the same ones.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="name">The name, 1 to 200 characters.</param>
    /// <param name="configure">Sets options; configuration under <c>McCache:Caches:NAME</c> has the last word.</param>
    /// <param name="sizeOf">Measures an entry in bytes; null for an estimate. Called under no lock, once for each write or fill.</param>
    /// <exception cref="ArgumentException">The name is empty or too long, or a cache of that name was added already.</exception>
    public McCacheBuilder Add<TKey, TValue>(string name, Action<CacheOptions>? configure = null, Func<TKey, TValue, long>? sizeOf = null)
        where TKey : notnull
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaxNameLength)
            throw new ArgumentException($"The name of a cache has 1 to {MaxNameLength} characters; this one has {name.Length}.", nameof(name));
        if (Services.Any(service => service.ImplementationInstance is CacheRegistration known && known.Name == name))
            throw new ArgumentException($"A cache '{name}' was added already; names are unique within a member.", nameof(name));
        Services.AddSingleton<CacheRegistration>(new CacheRegistration<TKey, TValue>(name, sizeOf));
        var options = Services.AddOptions<CacheOptions>(name).ValidateOnStart(); // before a silo joins its cluster
        if (configure is not null)
            options.Configure(configure);
        return this;
    }

    /// <summary>Sets options of all caches of this member; configuration under <c>McCache</c> has the last word.</summary>
    /// <param name="configure">Sets the options.</param>
    public McCacheBuilder Configure(Action<McCacheOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }

    /// <summary>Binds the options of every cache, a client's that it has not added included.</summary>
    private sealed class CacheOptionsBinding(IServiceProvider services) : IPostConfigureOptions<CacheOptions>
    {
        public void PostConfigure(string? name, CacheOptions options) => services.GetService<IConfiguration>()?.GetSection($"{McCacheOptions.Section}:Caches:{name}").Bind(options);
    }
}
