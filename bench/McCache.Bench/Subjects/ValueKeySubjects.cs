using System.Collections.Concurrent;
using BitFaster.Caching.Lfu;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Caching.Memory;

namespace McCache.Bench.Subjects;

/// <inheritdoc cref="ConcurrentDictionarySubject"/>
internal readonly struct ConcurrentDictionarySubject<TKey>() : ISubject<TKey>
    where TKey : struct
{
    private readonly ConcurrentDictionary<TKey, string> _cache = new();

    public bool TryGet(TKey key, out string? value) => _cache.TryGetValue(key, out value);

    public void Set(TKey key, string value) => _cache[key] = value;
}

/// <inheritdoc cref="NonBlockingSubject"/>
internal readonly struct NonBlockingSubject<TKey>() : ISubject<TKey>
    where TKey : struct
{
    private readonly NonBlocking.ConcurrentDictionary<TKey, string> _cache = new();

    public bool TryGet(TKey key, out string? value) => _cache.TryGetValue(key, out value);

    public void Set(TKey key, string value) => _cache[key] = value;
}

/// <inheritdoc cref="McCacheSubject"/>
internal readonly struct McCacheSubject<TKey>(IMcCache<TKey, string> cache) : ISubject<TKey>
    where TKey : struct
{
    public bool TryGet(TKey key, out string? value) => cache.TryGetValue(key, out value);

    public void Set(TKey key, string value) => cache[key] = value;
}

/// <inheritdoc cref="ConcurrentLruSubject"/>
internal readonly struct ConcurrentLruSubject<TKey>(int capacity) : ISubject<TKey>
    where TKey : struct
{
    private readonly ConcurrentLru<TKey, string> _cache = new(capacity);

    public bool TryGet(TKey key, out string? value) => _cache.TryGet(key, out value);

    public void Set(TKey key, string value) => _cache.AddOrUpdate(key, value);
}

/// <inheritdoc cref="ConcurrentTLruSubject"/>
internal readonly struct ConcurrentTLruSubject<TKey>(int capacity) : ISubject<TKey>
    where TKey : struct
{
    private readonly ConcurrentTLru<TKey, string> _cache = new(capacity, Values.TimeToLive);

    public bool TryGet(TKey key, out string? value) => _cache.TryGet(key, out value);

    public void Set(TKey key, string value) => _cache.AddOrUpdate(key, value);
}

/// <inheritdoc cref="ConcurrentLfuSubject"/>
internal readonly struct ConcurrentLfuSubject<TKey>(int capacity) : ISubject<TKey>
    where TKey : struct
{
    private readonly ConcurrentLfu<TKey, string> _cache = new(capacity);

    public bool TryGet(TKey key, out string? value) => _cache.TryGet(key, out value);

    public void Set(TKey key, string value) => _cache.AddOrUpdate(key, value);
}

/// <inheritdoc cref="MemoryCacheSubject"/>
internal readonly struct MemoryCacheSubject<TKey>(int capacity) : ISubject<TKey>
    where TKey : struct
{
    private readonly MemoryCacheEntryOptions _options = new() { Size = 1, AbsoluteExpirationRelativeToNow = Values.TimeToLive };
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = capacity });

    public bool TryGet(TKey key, out string? value) => _cache.TryGetValue(key, out value);

    public void Set(TKey key, string value) => _cache.Set(key, value, _options);
}
