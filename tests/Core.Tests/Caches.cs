using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>Caches for tests: on a fake clock, serving always unless a test says otherwise.</summary>
internal static class Caches
{
    internal static LocalCache<string, int> Numbers(params ReadOnlySpan<string> keys)
    {
        var cache = Make<string, int>();
        for (int i = 0; i < keys.Length; i++)
        {
            cache.Set(keys[i], i + 1);
        }

        return cache;
    }

    internal static LocalCache<TKey, TValue> Make<TKey, TValue>(
        Action<CacheOptions>? configure = null, FakeTimeProvider? time = null, Func<TKey, TValue, long>? measure = null, ILogger? logger = null, bool serve = true)
        where TKey : notnull
    {
        var options = new CacheOptions();
        configure?.Invoke(options);
        var cache = new LocalCache<TKey, TValue>("test", options, time ?? new FakeTimeProvider(), measure, logger);
        if (serve)
        {
            cache.Serve(long.MaxValue);
        }

        return cache;
    }

    /// <summary>As the view does it.</summary>
    internal static TValue AddOrUpdate<TKey, TValue>(
        this LocalCache<TKey, TValue> cache, TKey key, TValue addValue, Func<TKey, TValue, TValue> updateFactory, CacheEntryOptions? options = null)
        where TKey : notnull
    {
        while (true)
        {
            var current = cache.Peek(key);
            var seen = current is null ? default! : current.Value;
            var value = current is null ? addValue : updateFactory(key, seen);
            if (cache.TryReplace(current, seen, key, value, options, change: null))
            {
                return value;
            }
        }
    }

    /// <summary>The keys in order, joined; after checking the cache's structures, and that every way of reading the order says the same.</summary>
    internal static string Order<TKey, TValue>(this LocalCache<TKey, TValue> cache)
        where TKey : notnull
    {
        cache.Check();
        var items = cache.ToArray();
        Assert.Equal(items, cache.Enumerate());
        Assert.Equal(items.Reverse(), cache.Enumerate(backward: true));
        for (int i = 0; i < items.Length; i++)
        {
            Assert.Equal(i, cache.IndexOf(items[i].Key));
            Assert.Equal(items[i].Key, cache.PeekAt(i)!.Key);
        }

        Assert.Null(cache.PeekAt(items.Length));
        Assert.Null(cache.PeekAt(-1));
        return string.Join(" ", items.Select(item => item.Key));
    }
}
