using McCache.Client;

namespace McCache;

/// <summary>Caches for programs outside the cluster.</summary>
public static class McCacheClientExtensions
{
    /// <summary>
    /// A cache of the cluster: in a client outside the cluster a near cache, whose copies are in the client's own memory; in a silo the silo's own. When the task completes, copies are served.
    /// </summary>
    /// <remarks>
    /// <para>Verbs mean what they mean in a silo. A near cache holds what this client has written or asked for, in this client's order; also of a replicated cache, where
    /// <c>GetOrAddAsync</c> asks the gateway's copy before the factory. While no gateway is attached it looks empty.</para>
    /// <para>When the gateway is lost, another is found. A coherent verb that is under way then is made again through that one; a dictionary verb that may not have got through is told as a removal.
    /// In a replicated cache a <c>SetAsync</c> that meets something newer on its way ends with the key removed everywhere: nobody serves an older value.</para>
    /// </remarks>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="client">The client.</param>
    /// <param name="name">The name under which the silos have added the cache.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <exception cref="InvalidOperationException">The cluster has no such cache, or it has other types; or this client was built without <c>AddMcCache</c>.</exception>
    /// <exception cref="UnauthorizedAccessException">The cluster's <see cref="IMcCacheAuthorizer"/> refuses this client the cache.</exception>
    /// <exception cref="TimeoutException">No gateway that is entitled to serve was found within <c>ClientMessagingOptions.ResponseTimeout</c>.</exception>
    public static ValueTask<IMcCache<TKey, TValue>> GetMcCacheAsync<TKey, TValue>(this IClusterClient client, string name, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var member = client.ServiceProvider.GetService<CacheMember>() ?? throw new InvalidOperationException("This client has no caches; call AddMcCache() when it is built.");
        return member.FindAsync<TKey, TValue>(name, cancellationToken);
    }
}
