using System.Collections.Concurrent;
using BitFaster.Caching.Lru;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace McCache.Bench.Hits;

/// <summary>A cache under measurement. Implemented by structs, so that the harness adds no virtual call to anybody's figure.</summary>
public interface ISubject
{
    /// <summary>Makes the cache, bounded to so many entries where it can be.</summary>
    void Create(int capacity);

    bool TryGet(string key, out object? value);

    void Set(string key, object value);

    /// <summary>Looks the key up, and on a miss runs a factory and keeps its value.</summary>
    object GetOrAdd(string key);
}

/// <summary>The baseline: no bound, no expiry, no statistics, no order.</summary>
public struct ConcurrentDictionarySubject : ISubject
{
    private ConcurrentDictionary<string, object> _cache;

    public void Create(int capacity) => _cache = new();

    public readonly bool TryGet(string key, out object? value) => _cache.TryGetValue(key, out value);

    public readonly void Set(string key, object value) => _cache[key] = value;

    public readonly object GetOrAdd(string key) => _cache.GetOrAdd(key, static key => key);
}

/// <summary>McCache as a program uses it, through the view: validity, expiry, statistics and order on; writes are serialized and handed to a channel with nobody behind it.</summary>
public struct McCacheSubject : ISubject
{
    private IMcCache<string, object> _cache;

    public void Create(int capacity)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSerializer();
        services.AddKeyedSingleton<IMulticastChannel>(CacheMember.ProviderName, new LonelyChannel());
        new McCacheBuilder(services).Add<string, object>("cache", options =>
        {
            options.MaxEntries = capacity;
            options.TimeToLive = TimeSpan.FromHours(1);
        });
        _cache = services.BuildServiceProvider().GetRequiredKeyedService<IMcCache<string, object>>("cache");
    }

    public readonly bool TryGet(string key, out object? value) => _cache.TryGetValue(key, out value);

    public readonly void Set(string key, object value) => _cache[key] = value;

    public readonly object GetOrAdd(string key) => _cache.GetOrAdd(key, static key => key);

    private sealed class LonelyChannel : IMulticastChannel
    {
        public void Attach(StreamId stream, IFrameHandler handler) => handler.Serve(long.MaxValue);

        public HybridClock Stamps => throw new NotSupportedException("No replica here.");

        public Frame? Publish(StreamId stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null) => null;

        public Publication PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken) => default;
    }
}

/// <summary>BitFaster's least recently used cache: bounded, no expiry.</summary>
public struct ConcurrentLruSubject : ISubject
{
    private ConcurrentLru<string, object> _cache;

    public void Create(int capacity) => _cache = new(capacity);

    public readonly bool TryGet(string key, out object? value) => _cache.TryGet(key, out value);

    public readonly void Set(string key, object value) => _cache.AddOrUpdate(key, value);

    public readonly object GetOrAdd(string key) => _cache.GetOrAdd(key, static key => key);
}

/// <summary>The same with expiry.</summary>
public struct ConcurrentTLruSubject : ISubject
{
    private ConcurrentTLru<string, object> _cache;

    public void Create(int capacity) => _cache = new(capacity, TimeSpan.FromHours(1));

    public readonly bool TryGet(string key, out object? value) => _cache.TryGet(key, out value);

    public readonly void Set(string key, object value) => _cache.AddOrUpdate(key, value);

    public readonly object GetOrAdd(string key) => _cache.GetOrAdd(key, static key => key);
}

/// <summary>Microsoft's memory cache: bounded by size units, expiry on.</summary>
public struct MemoryCacheSubject : ISubject
{
    private static readonly MemoryCacheEntryOptions s_options = new() { Size = 1, AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
    private MemoryCache _cache;

    public void Create(int capacity) => _cache = new(new MemoryCacheOptions { SizeLimit = capacity });

    public readonly bool TryGet(string key, out object? value) => _cache.TryGetValue(key, out value);

    public readonly void Set(string key, object value) => _cache.Set(key, value, s_options);

    public readonly object GetOrAdd(string key) => _cache.GetOrCreate(key, static entry => entry.Key, s_options)!;
}
