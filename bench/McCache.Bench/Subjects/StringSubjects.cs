using System.Collections.Concurrent;
using BitFaster.Caching.Lfu;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using ZiggyCreatures.Caching.Fusion;

namespace McCache.Bench.Subjects;

/// <summary>The baseline: no bound, no expiry, no statistics, no order.</summary>
internal readonly struct ConcurrentDictionarySubject() : IStringSubject
{
    private readonly ConcurrentDictionary<string, string> _cache = new();

    public int Count => _cache.Count;

    public bool TryGet(string key, out string? value) => _cache.TryGetValue(key, out value);

    public void Set(string key, string value) => _cache[key] = value;

    public string GetOrAdd(string key) => _cache.GetOrAdd(key, static _ => Values.Shared);

    public void Remove(string key) => _cache.TryRemove(key, out _);

    public void Evict(string oldest) => _cache.TryRemove(oldest, out _);
}

/// <summary>McCache as a program uses it, through the view, on a silo: validity, expiry, statistics and order on; what is written is told to the channel, which has nobody to send it to.</summary>
internal readonly struct McCacheSubject(IMcCache<string, string> cache) : IStringSubject
{
    public int Count => cache.Count;

    public bool TryGet(string key, out string? value) => cache.TryGetValue(key, out value);

    public void Set(string key, string value) => cache[key] = value;

    public string GetOrAdd(string key) => cache.GetOrAdd(key, static _ => Values.Shared);

    public void Remove(string key) => cache.Remove(key, out _);
}

/// <summary>BitFaster's least recently used cache: bounded, no expiry.</summary>
internal readonly struct ConcurrentLruSubject(int capacity) : IStringSubject
{
    private readonly ConcurrentLru<string, string> _cache = new(capacity);

    public int Count => _cache.Count;

    public bool TryGet(string key, out string? value) => _cache.TryGet(key, out value);

    public void Set(string key, string value) => _cache.AddOrUpdate(key, value);

    public string GetOrAdd(string key) => _cache.GetOrAdd(key, static _ => Values.Shared);

    public void Remove(string key) => _cache.TryRemove(key);
}

/// <summary>The same with expiry.</summary>
internal readonly struct ConcurrentTLruSubject(int capacity) : IStringSubject
{
    private readonly ConcurrentTLru<string, string> _cache = new(capacity, Values.TimeToLive);

    public int Count => _cache.Count;

    public bool TryGet(string key, out string? value) => _cache.TryGet(key, out value);

    public void Set(string key, string value) => _cache.AddOrUpdate(key, value);

    public string GetOrAdd(string key) => _cache.GetOrAdd(key, static _ => Values.Shared);

    public void Remove(string key) => _cache.TryRemove(key);
}

/// <summary>BitFaster's least frequently used cache, which keeps its books in the background: bounded, no expiry.</summary>
internal readonly struct ConcurrentLfuSubject(int capacity) : IStringSubject
{
    private readonly ConcurrentLfu<string, string> _cache = new(capacity);

    public int Count => _cache.Count;

    public bool TryGet(string key, out string? value) => _cache.TryGet(key, out value);

    public void Set(string key, string value) => _cache.AddOrUpdate(key, value);

    public string GetOrAdd(string key) => _cache.GetOrAdd(key, static _ => Values.Shared);

    public void Remove(string key) => _cache.TryRemove(key);
}

/// <summary>Microsoft's memory cache: bounded by size units, expiry on.</summary>
internal readonly struct MemoryCacheSubject(int capacity) : IStringSubject
{
    private readonly MemoryCacheEntryOptions _options = new() { Size = 1, AbsoluteExpirationRelativeToNow = Values.TimeToLive };
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = capacity });

    public int Count => _cache.Count;

    public bool TryGet(string key, out string? value) => _cache.TryGetValue(key, out value);

    public void Set(string key, string value) => _cache.Set(key, value, _options);

    public string GetOrAdd(string key) => _cache.GetOrCreate(key, static _ => Values.Shared, _options)!;

    public void Remove(string key) => _cache.Remove(key);
}

/// <summary>Microsoft's hybrid cache with its first level only, a memory cache: expiry on. Strings are its only keys.</summary>
internal readonly struct HybridCacheSubject : IStringSubject
{
    private static readonly HybridCacheEntryOptions s_peek = new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData };
    private readonly HybridCache _cache;
    private readonly MemoryCache _memory;

    public HybridCacheSubject(int capacity)
    {
        var services = new ServiceCollection();
        services.AddMemoryCache(options => options.SizeLimit = capacity * Values.Shared.Length);
        services.AddHybridCache(options => options.DefaultEntryOptions = new() { Expiration = Values.TimeToLive, LocalCacheExpiration = Values.TimeToLive });
        var provider = services.BuildServiceProvider();
        _cache = provider.GetRequiredService<HybridCache>();
        _memory = (MemoryCache)provider.GetRequiredService<IMemoryCache>();
    }

    public int Count => _memory.Count;

    public bool TryGet(string key, out string? value) => (value = Result(_cache.GetOrCreateAsync(key, static _ => default(ValueTask<string?>), s_peek))) is not null;

    public void Set(string key, string value) => Wait(_cache.SetAsync(key, value));

    public string GetOrAdd(string key) => Result(_cache.GetOrCreateAsync(key, static _ => new ValueTask<string?>(Values.Shared)))!;

    public void Remove(string key) => Wait(_cache.RemoveAsync(key));

    private static string? Result(ValueTask<string?> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
            task.AsTask().GetAwaiter().GetResult();
    }
}

/// <summary>FusionCache with its first level only, a memory cache: bounded by size units, expiry on. Strings are its only keys.</summary>
internal readonly struct FusionCacheSubject : IStringSubject
{
    private readonly FusionCacheEntryOptions _options = new(Values.TimeToLive) { Size = 1 };
    private readonly MemoryCache _memory;
    private readonly FusionCache _cache;

    public FusionCacheSubject(int capacity)
    {
        _memory = new(new MemoryCacheOptions { SizeLimit = capacity });
        _cache = new(new FusionCacheOptions(), _memory);
    }

    public int Count => _memory.Count;

    public bool TryGet(string key, out string? value)
    {
        var found = _cache.TryGet<string>(key, _options);
        value = found.HasValue ? found.Value : null;
        return found.HasValue;
    }

    public void Set(string key, string value) => _cache.Set(key, value, _options);

    public string GetOrAdd(string key) => _cache.GetOrSet<string>(key, static (_, _) => Values.Shared, options: _options)!;

    public void Remove(string key) => _cache.Remove(key, _options);
}
