namespace McCache;

/// <summary>The doors to caches for callers that are not in a silo, and for grains: on <c>IClusterClient</c> and <see cref="IGrainFactory"/>.</summary>
/// <remarks>Both make a reference only: they send nothing, throw for a null only, and may be called from any thread. References are cheap, and safe to keep and to share.</remarks>
public static class McCacheGrainFactoryExtensions
{
    private const int Doors = 16;

    /// <summary>The remote dictionary: a cache of the silo that answers, by grain calls. It keeps no copies on this side.</summary>
    /// <typeparam name="TKey">The type of the keys, the one the cache was added with.</typeparam>
    /// <typeparam name="TValue">The type of the values, the one the cache was added with.</typeparam>
    /// <param name="grains">The cluster client, or a grain factory.</param>
    /// <param name="name">The name of the cache. Whether there is such a cache is known at the first call only.</param>
    /// <example>
    /// <code>
    /// var products = client.GetCacheGrain&lt;string, Product&gt;("products");
    /// await products.RemoveAsync("p1", cancellationToken); // coherent: nobody serves the old one when this returns
    /// </code>
    /// </example>
    public static ICacheGrain<TKey, TValue> GetCacheGrain<TKey, TValue>(this IGrainFactory grains, string name)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<ICacheGrain<TKey, TValue>>(name);
    }

    /// <summary>Asks, and tells, the caches of all silos; see <see cref="IMcCacheAdministration"/>.</summary>
    /// <param name="grains">The cluster client, or a grain factory.</param>
    public static IMcCacheAdministration GetMcCacheAdministration(this IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IMcCacheAdministration>(Random.Shared.Next(Doors)); // a client ties each grain to a gateway, and that may be the one that hangs
    }
}
