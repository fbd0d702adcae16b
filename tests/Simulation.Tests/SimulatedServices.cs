using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Serialization;

namespace McCache.Simulation.Tests;

/// <summary>The container of one silo, as far as its caches ask it for anything.</summary>
internal sealed class SimulatedServices(TimeProvider time, IMulticastChannel channel, CacheOptions options) : IKeyedServiceProvider, IOptionsMonitor<CacheOptions>
{
    private static readonly ServiceProvider s_shared = new ServiceCollection().AddSerializer(serializer => serializer.AddAssembly(typeof(CacheRequest).Assembly)).BuildServiceProvider();

    /// <summary>How the caches write keys.</summary>
    internal static readonly KeyCodec<int> Keys = new(SimulatedSilo.Cache, s_shared);

    internal static Serializer<T> Get<T>() => s_shared.GetRequiredService<Serializer<T>>();

    public CacheOptions CurrentValue => options;

    public CacheOptions Get(string? name) => options;

    public IDisposable? OnChange(Action<CacheOptions, string?> listener) => null;

    public object? GetService(Type serviceType)
        => serviceType == typeof(TimeProvider) ? time
            : serviceType == typeof(IOptionsMonitor<CacheOptions>) ? this
            : serviceType == typeof(ILoggerFactory) ? NullLoggerFactory.Instance
            : s_shared.GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey) => channel;

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => channel;
}
