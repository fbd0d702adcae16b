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

/// <summary>A table without locks, after Cliff Click's.</summary>
internal readonly struct NonBlockingSubject() : IStringSubject
{
    private readonly NonBlocking.ConcurrentDictionary<string, string> _cache = new();

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
    public MemoryCache Cache { get; } = new(new MemoryCacheOptions { SizeLimit = capacity });

    public MemoryCacheEntryOptions Options { get; } = new() { Size = 1, AbsoluteExpirationRelativeToNow = Values.TimeToLive };

    public int Count => Cache.Count;

    public bool TryGet(string key, out string? value) => Cache.TryGetValue(key, out value);

    public void Set(string key, string value) => Cache.Set(key, value, Options);

    public string GetOrAdd(string key) => Cache.GetOrCreate(key, static _ => Values.Shared, Options)!;

    public void Remove(string key) => Cache.Remove(key);
}

/// <summary>Microsoft's hybrid cache with its first level only, a memory cache: expiry on. Strings are its only keys.</summary>
internal readonly struct HybridCacheSubject : IStringSubject
{
    private static readonly HybridCacheEntryOptions s_peek = new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData };
    private readonly MemoryCache _memory;

    public HybridCacheSubject(int capacity)
    {
        var services = new ServiceCollection();
        services.AddMemoryCache(options => options.SizeLimit = capacity * Values.Shared.Length);
        services.AddHybridCache(options => options.DefaultEntryOptions = new() { Expiration = Values.TimeToLive, LocalCacheExpiration = Values.TimeToLive });
        var provider = services.BuildServiceProvider();
        Cache = provider.GetRequiredService<HybridCache>();
        _memory = (MemoryCache)provider.GetRequiredService<IMemoryCache>();
    }

    public HybridCache Cache { get; }

    public int Count => _memory.Count;

    public bool TryGet(string key, out string? value) => (value = Result(Cache.GetOrCreateAsync(key, static _ => default(ValueTask<string?>), s_peek))) is not null;

    public void Set(string key, string value) => Wait(Cache.SetAsync(key, value));

    public string GetOrAdd(string key) => Result(Cache.GetOrCreateAsync(key, static _ => new ValueTask<string?>(Values.Shared)))!;

    public void Remove(string key) => Wait(Cache.RemoveAsync(key));

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
    private readonly MemoryCache _memory;

    public FusionCacheSubject(int capacity)
    {
        _memory = new(new MemoryCacheOptions { SizeLimit = capacity });
        Cache = new(new FusionCacheOptions(), _memory);
    }

    public FusionCache Cache { get; }

    public FusionCacheEntryOptions Options { get; } = new(Values.TimeToLive) { Size = 1 };

    public int Count => _memory.Count;

    public bool TryGet(string key, out string? value)
    {
        var found = Cache.TryGet<string>(key, Options);
        value = found.HasValue ? found.Value : null;
        return found.HasValue;
    }

    public void Set(string key, string value) => Cache.Set(key, value, Options);

    public string GetOrAdd(string key) => Cache.GetOrSet<string>(key, static (_, _) => Values.Shared, options: Options)!;

    public void Remove(string key) => Cache.Remove(key, Options);
}
