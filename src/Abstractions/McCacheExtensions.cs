namespace McCache;

/// <summary>Overloads of <see cref="IMcCache{TKey, TValue}"/> for loaders that return <see cref="Task{TResult}"/>.</summary>
public static class McCacheExtensions
{
    /// <inheritdoc cref="IMcCache{TKey, TValue}.GetOrAddAsync(TKey, Func{TKey, CancellationToken, ValueTask{TValue}}, CancellationToken)"/>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="valueFactory">Computes the value.</param>
    /// <param name="cancellationToken">Gives up this caller's waiting.</param>
    public static ValueTask<TValue> GetOrAddAsync<TKey, TValue>(
        this IMcCache<TKey, TValue> cache, TKey key, Func<TKey, CancellationToken, Task<TValue>> valueFactory, CancellationToken cancellationToken = default)
        where TKey : notnull
        => cache.GetOrAddAsync(key, valueFactory, null, cancellationToken);

    /// <inheritdoc cref="IMcCache{TKey, TValue}.GetOrAddAsync(TKey, Func{TKey, CancellationToken, ValueTask{TValue}}, CacheEntryOptions, CancellationToken)"/>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="valueFactory">Computes the value.</param>
    /// <param name="options">Time to live, tags and size of the entry.</param>
    /// <param name="cancellationToken">Gives up this caller's waiting.</param>
    public static ValueTask<TValue> GetOrAddAsync<TKey, TValue>(
        this IMcCache<TKey, TValue> cache,
        TKey key,
        Func<TKey, CancellationToken, Task<TValue>> valueFactory,
        CacheEntryOptions? options,
        CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(valueFactory);
        return cache.GetOrAddAsync(key, valueFactory, static (key, factory, token) => new ValueTask<TValue>(factory(key, token)), options, cancellationToken);
    }
}
