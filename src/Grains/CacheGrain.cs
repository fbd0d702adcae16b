using System.Runtime.CompilerServices;
using Orleans.Concurrency;

namespace McCache.Grains;

/// <summary>The silo-local door to a cache: one activation a silo and cache. The memory behind it belongs to the silo, so nothing is lost with an activation.</summary>
[StatelessWorker(1, false)]
[KeepAlive]
[Reentrant]
internal sealed class CacheGrain<TKey, TValue>(IServiceProvider services) : Grain, ICacheGrain<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Looked up by a call, not by the constructor, so that an unknown cache is the caller's clear exception and not a failed activation.</summary>
    private IMcCache<TKey, TValue> Cache => field ??= services.GetRequiredKeyedService<IMcCache<TKey, TValue>>(this.GetPrimaryKeyString());

    public ValueTask<CacheLookup<TValue>> TryGetAsync(TKey key) => new(LookUp(key));

    public ValueTask<bool> ContainsKeyAsync(TKey key) => new(Cache.ContainsKey(key));

    public ValueTask<IReadOnlyList<CacheLookup<TValue>>> GetRangeAsync(IReadOnlyList<TKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new(keys.Select(LookUp).ToArray());
    }

    public ValueTask SetAsync(TKey key, TValue value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default)
        => options is null ? Cache.SetAsync(key, value, cancellationToken) : Cache.SetAsync(key, value, options, cancellationToken);

    public async ValueTask SetRangeAsync(IReadOnlyList<KeyValuePair<TKey, TValue>> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var sets = new List<Task>(items.Count);
        try
        {
            foreach (var (key, value) in items)
                sets.Add(Cache.SetAsync(key, value, cancellationToken).AsTask());
        }
        finally
        {
            await Task.WhenAll(sets); // those before one that is refused are set, coherently
        }
    }

    public ValueTask RemoveAsync(TKey key, CancellationToken cancellationToken = default) => Cache.RemoveAsync(key, cancellationToken);

    public ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default) => Cache.RemoveByTagAsync(tag, cancellationToken);

    public ValueTask ClearAsync(CancellationToken cancellationToken = default) => Cache.ClearAsync(cancellationToken);

    public ValueTask<int> CountAsync() => new(Cache.Count);

    public async IAsyncEnumerable<KeyValuePair<TKey, TValue>> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var pair in Cache)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return pair;
        }

        await Task.CompletedTask;
    }

    private CacheLookup<TValue> LookUp(TKey key) => Cache.TryGetValue(key, out var value) ? new(true, value) : default;
}
