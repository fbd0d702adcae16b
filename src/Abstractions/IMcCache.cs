using System.Diagnostics.CodeAnalysis;

namespace McCache;

/// <summary>
/// A named, ordered, coherent cache: this member's copy of it, seen as an ordered dictionary.
/// </summary>
/// <remarks>
/// <para>Two families of verbs. <b>Dictionary verbs</b> are synchronous: they return when this member's copy has changed, and every
/// reachable member follows within a flush (microseconds to milliseconds). <b>Coherent verbs</b> end in <c>Async</c>: they return when every
/// member that may serve this cache has changed, so a read that starts after the await never gets the older value, on any member.</para>
/// <para>Reading is always synchronous and local. A read takes no lock, allocates nothing and sends nothing.</para>
/// <para>Order is insertion order: an update keeps its place, and a key removed and added again goes to the end. Enumeration is in that order, is weakly consistent while
/// others write, and never throws because of them. Capacity eviction and expiry are local to a member, so a cache may hold fewer keys than were added.</para>
/// <para>A cache that may not serve yet (its silo has not finished starting) or any more (its silo is stopping) looks empty to every reading member.</para>
/// <para>All members are safe to use from any number of threads. Cached instances are shared between callers: treat them as immutable. Null values are cached.</para>
/// <para>Every member that takes a key throws <see cref="ArgumentNullException"/> for a null key. Every write throws <see cref="NotSupportedException"/>, changing
/// nothing, when Orleans has no serializer for the key, and <see cref="ArgumentException"/> when the value is larger than <see cref="CacheOptions.MaxBytes"/>, when the key takes more
/// than 32 KiB, or is a string with lone surrogates.</para>
/// <para>A dictionary verb on a silo that has stopped changes its copy and reaches nobody; a coherent verb there fails.</para>
/// </remarks>
/// <typeparam name="TKey">The type of the keys. Needs an Orleans serializer, and value equality.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
public interface IMcCache<TKey, TValue> : IDictionary<TKey, TValue>, IReadOnlyDictionary<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The name under which the cache was added.</summary>
    string Name { get; }

    /// <summary>What this member has counted for this cache since it started. Reading it is cheap, and consistent per counter only.</summary>
    CacheStatistics Statistics { get; }

    /// <summary>Gets or sets the value of a key. Setting is a dictionary verb: an update keeps the key's place, a new key goes to the end.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="KeyNotFoundException">Reading: this member's copy has no such key.</exception>
    new TValue this[TKey key] { get; set; }

    /// <summary>The keys of this member's copy, in order; a live view.</summary>
    new ICollection<TKey> Keys { get; }

    /// <summary>The values of this member's copy, in the order of their keys; a live view.</summary>
    new ICollection<TValue> Values { get; }

    /// <summary>The number of entries in this member's copy. O(1), but O(n) when entries have expired since the last sweep, which comes once a second.</summary>
    new int Count { get; }

    /// <summary>Whether this member's copy has the key. Counts neither as a hit nor as a miss.</summary>
    /// <param name="key">The key.</param>
    new bool ContainsKey(TKey key);

    /// <summary>Gets the value of a key, if this member's copy has it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, or the default of its type.</param>
    /// <returns>Whether the key was found.</returns>
    new bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Adds a key that this member's copy does not have. Atomic on this member.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>False, changing nothing, when the key is there already.</returns>
    bool TryAdd(TKey key, TValue value);

    /// <summary>Replaces the value of a key if it equals <paramref name="comparisonValue"/> by the default comparer. Atomic on this member.</summary>
    /// <param name="key">The key.</param>
    /// <param name="newValue">The value to set.</param>
    /// <param name="comparisonValue">The value that the key must have.</param>
    /// <returns>Whether the value was replaced.</returns>
    bool TryUpdate(TKey key, TValue newValue, TValue comparisonValue);

    /// <summary>Sets the value of a key, with options of its own.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">Time to live, tags and size of this entry.</param>
    void Set(TKey key, TValue value, CacheEntryOptions options);

    /// <summary>Removes a key here, and from every other member, whether or not this member's copy has it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value that this member's copy had.</param>
    /// <returns>Whether this member's copy had the key.</returns>
    bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Gets the value of a key, or calls the factory and keeps what it returns. Single flight among synchronous callers on this member.</summary>
    /// <remarks>The result of a factory is a fill, not a write: it is never sent to other members. This method never waits for another caller's asynchronous fill.</remarks>
    /// <param name="key">The key.</param>
    /// <param name="valueFactory">Computes the value. An exception it throws goes to all callers that wait for it, and nothing is cached.</param>
    TValue GetOrAdd(TKey key, Func<TKey, TValue> valueFactory);

    /// <summary>Adds a key, or updates its value from the one it has. Atomic on this member; the factory may be called several times.</summary>
    /// <param name="key">The key.</param>
    /// <param name="addValue">The value when the key is not there.</param>
    /// <param name="updateValueFactory">Computes the new value from the key and the present value.</param>
    /// <returns>The value that was set.</returns>
    TValue AddOrUpdate(TKey key, TValue addValue, Func<TKey, TValue, TValue> updateValueFactory);

    /// <summary>Sets many keys, one after the other, in the order given. One that is refused ends it; those before it are set.</summary>
    /// <param name="items">The keys and values.</param>
    void SetRange(IEnumerable<KeyValuePair<TKey, TValue>> items);

    /// <summary>The first entry in order.</summary>
    /// <exception cref="InvalidOperationException">This member's copy is empty.</exception>
    KeyValuePair<TKey, TValue> First { get; }

    /// <summary>The last entry in order.</summary>
    /// <exception cref="InvalidOperationException">This member's copy is empty.</exception>
    KeyValuePair<TKey, TValue> Last { get; }

    /// <summary>Removes the first entry, here and from every other member. Atomic on this member, not across members.</summary>
    /// <param name="item">The entry that was removed.</param>
    /// <returns>False when this member's copy is empty.</returns>
    bool TryPopFirst(out KeyValuePair<TKey, TValue> item);

    /// <summary>Removes the last entry, here and from every other member. Atomic on this member, not across members.</summary>
    /// <param name="item">The entry that was removed.</param>
    /// <returns>False when this member's copy is empty.</returns>
    bool TryPopLast(out KeyValuePair<TKey, TValue> item);

    /// <summary>Moves a key to the beginning of this member's order.</summary>
    /// <param name="key">The key.</param>
    /// <returns>False when this member's copy has no such key.</returns>
    bool MoveToFirst(TKey key);

    /// <summary>Moves a key to the end of this member's order.</summary>
    /// <param name="key">The key.</param>
    /// <returns>False when this member's copy has no such key.</returns>
    bool MoveToLast(TKey key);

    /// <summary>The entry at a position. O(n).</summary>
    /// <param name="index">The position, from 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such position.</exception>
    KeyValuePair<TKey, TValue> GetAt(int index);

    /// <summary>The position of a key, or -1 when this member's copy does not have it. O(n).</summary>
    /// <param name="key">The key.</param>
    int IndexOf(TKey key);

    /// <summary>Removes the entry at a position, here and from every other member. O(n).</summary>
    /// <param name="index">The position, from 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such position.</exception>
    void RemoveAt(int index);

    /// <summary>The entries from last to first, weakly consistent as the enumerator is.</summary>
    IEnumerable<KeyValuePair<TKey, TValue>> Reverse();

    /// <summary>The entries in order, at one moment of this member's copy.</summary>
    KeyValuePair<TKey, TValue>[] ToArray();

    /// <summary>Sets the value of a key, coherently: when the task completes, no member serves an older value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Gives up the waiting only: the write has been applied here and sent.</param>
    /// <exception cref="OperationCanceledException">The waiting was given up.</exception>
    ValueTask SetAsync(TKey key, TValue value, CancellationToken cancellationToken = default);

    /// <summary>Sets the value of a key with options of its own, coherently: when the task completes, no member serves an older value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">Time to live, tags and size of this entry.</param>
    /// <param name="cancellationToken">Gives up the waiting only: the write has been applied here and sent.</param>
    /// <exception cref="OperationCanceledException">The waiting was given up.</exception>
    ValueTask SetAsync(TKey key, TValue value, CacheEntryOptions options, CancellationToken cancellationToken = default);

    /// <summary>Removes a key, coherently: when the task completes, no member serves a value that the key had before.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up the waiting only: the removal has been applied here and sent.</param>
    /// <exception cref="OperationCanceledException">The waiting was given up.</exception>
    ValueTask RemoveAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Removes everything, coherently.</summary>
    /// <param name="cancellationToken">Gives up the waiting only: the removal has been applied here and sent.</param>
    /// <exception cref="OperationCanceledException">The waiting was given up.</exception>
    ValueTask ClearAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes every entry that carries a tag, coherently. O(n) in the entries of a member.</summary>
    /// <param name="tag">The tag, compared ordinally.</param>
    /// <param name="cancellationToken">Gives up the waiting only: the removal has been applied here and sent.</param>
    /// <exception cref="OperationCanceledException">The waiting was given up.</exception>
    ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default);

    /// <summary>Gets the value of a key, or calls the factory and keeps what it returns. Single flight per key on this member.</summary>
    /// <remarks>
    /// The factory runs in its first caller's context; its token is cancelled when every waiter has left. An exception goes to all waiters and is not cached. A removal or
    /// an update of the key, from any member, that happens while the factory runs keeps its result from being cached, and later callers from joining it.
    /// The result is a fill, not a write: it is never sent to other members.
    /// </remarks>
    /// <param name="key">The key.</param>
    /// <param name="valueFactory">Computes the value.</param>
    /// <param name="cancellationToken">Gives up this caller's waiting.</param>
    ValueTask<TValue> GetOrAddAsync(TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> valueFactory, CancellationToken cancellationToken = default);

    /// <summary>Gets the value of a key, or calls the factory and keeps what it returns with options of its own.</summary>
    /// <param name="key">The key.</param>
    /// <param name="valueFactory">Computes the value.</param>
    /// <param name="options">Time to live, tags and size of the entry. The tags also break the flight when they are removed while the factory runs.</param>
    /// <param name="cancellationToken">Gives up this caller's waiting.</param>
    ValueTask<TValue> GetOrAddAsync(
        TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> valueFactory, CacheEntryOptions? options, CancellationToken cancellationToken = default);

    /// <summary>Gets the value of a key, or calls the factory with a state, which saves a closure, and keeps what it returns.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="state">Passed to the factory.</param>
    /// <param name="valueFactory">Computes the value.</param>
    /// <param name="options">Time to live, tags and size of the entry.</param>
    /// <param name="cancellationToken">Gives up this caller's waiting.</param>
    ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> valueFactory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>What this member knows of an entry.</summary>
    /// <param name="key">The key.</param>
    /// <param name="metadata">The entry's metadata.</param>
    /// <returns>Whether this member's copy has the key.</returns>
    bool TryGetMetadata(TKey key, out CacheEntryMetadata metadata);

    /// <summary>Watches the changes of this member's copy, those that other members caused included.</summary>
    /// <remarks>The callback runs on a thread of its own choosing, in order, outside every lock; it may fall behind, and then the oldest notifications are dropped and counted.</remarks>
    /// <param name="onChange">Called once for each change. An exception it throws is logged.</param>
    /// <returns>Ends the watching when disposed.</returns>
    IDisposable OnChange(Action<CacheChange<TKey>> onChange);
}
