namespace McCache;

/// <summary>
/// Decides who may do what to caches from where. Registered as a singleton in a silo's services; without one, silos may do everything, and clients everything but <see cref="McCacheOperation.Evict"/> and
/// <see cref="McCacheOperation.Clear"/>.
/// </summary>
/// <remarks>
/// <para>It is asked for each call of <see cref="ICacheGrain{TKey, TValue}"/>, <see cref="ICacheExtension"/> and <see cref="IMcCacheAdministration"/> that a client or a grain makes, and for a client that attaches, once per
/// attachment, and per cache that it wants copies of or writes to. What code in a silo does to that silo's own <see cref="IMcCache{TKey, TValue}"/> it is not asked about.</para>
/// <para>A refused caller gets an <see cref="UnauthorizedAccessException"/>. Every refusal, and every <see cref="McCacheOperation.Evict"/> and <see cref="McCacheOperation.Clear"/>, is logged and counted.</para>
/// </remarks>
public interface IMcCacheAuthorizer
{
    /// <summary>Whether a caller may do something.</summary>
    /// <param name="access">What is asked for, and by whom.</param>
    /// <returns>False to refuse. An exception refuses too.</returns>
    /// <remarks>Called from any thread, on the way of the call: it must answer from memory.</remarks>
    bool IsAllowed(McCacheAccess access);
}
