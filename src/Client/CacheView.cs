using System.Diagnostics.CodeAnalysis;
using McCache.Core;

namespace McCache.Client;

/// <summary>The ordered dictionary that programs see: reads go to this member's memory, writes there and then to the other members.</summary>
/// <remarks>Created by the container under the cache's name; any number of views may show one cache.</remarks>
internal sealed partial class CacheView<TKey, TValue> : IMcCache<TKey, TValue>
    where TKey : notnull
{
    private readonly MemberCache<TKey, TValue> _member;
    private readonly LocalCache<TKey, TValue> _local;
    private readonly NearCache<TKey, TValue>? _readThrough;

    public CacheView([ServiceKey] string name, CacheMember member)
    {
        _member = member.Get<TKey, TValue>(name);
        _local = _member.Local;
        _readThrough = _member is NearCache<TKey, TValue> { ReadsThrough: true } near ? near : null;
    }

    public string Name => _local.Name;

    public CacheStatistics Statistics => _local.Statistics;

    public int Count => _local.Count;

    public bool IsReadOnly => false;

    public bool ContainsKey(TKey key) => _local.ContainsKey(key);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _local.TryGet(key, out value);

    public bool TryGetMetadata(TKey key, out CacheEntryMetadata metadata) => _local.TryGetMetadata(key, out metadata);

    public IDisposable OnChange(Action<CacheChange<TKey>> onChange)
    {
        ArgumentNullException.ThrowIfNull(onChange);
        return _local.OnChange(onChange);
    }

    public TValue this[TKey key]
    {
        get => _local.TryGet(key, out var value)
            ? value
            : throw new KeyNotFoundException($"This member's copy of cache '{Name}' does not have the key."); // the key itself may be personal data
        set => SetCore(key, value, null);
    }

    // Dictionary verbs: this member's copy now, the others as soon as they hear of it. --------------------------------------------------

    /// <inheritdoc cref="MemberCache{TKey, TValue}.MustTell"/>
    private bool MustTell(TKey key) => _member.MustTell(NotNull(key));

    public void Set(TKey key, TValue value, CacheEntryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SetCore(key, value, options);
    }

    public void SetRange(IEnumerable<KeyValuePair<TKey, TValue>> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        foreach (var (key, value) in items)
            SetCore(key, value, null);
    }

    public void Add(TKey key, TValue value)
    {
        if (!TryAdd(key, value))
            throw new ArgumentException($"This member's copy of cache '{Name}' has the key already.", nameof(key));
    }

    public bool TryAdd(TKey key, TValue value)
    {
        using var change = MustTell(key) ? _member.SetChange(key, value, null) : null;
        return _local.TryAdd(key, value, null, change);
    }

    public bool TryUpdate(TKey key, TValue newValue, TValue comparisonValue)
    {
        using var change = MustTell(key) ? _member.SetChange(key, newValue, null) : null;
        return _local.TryUpdate(key, newValue, comparisonValue, null, change);
    }

    public TValue AddOrUpdate(TKey key, TValue addValue, Func<TKey, TValue, TValue> updateValueFactory)
    {
        ArgumentNullException.ThrowIfNull(updateValueFactory);
        while (true)
        {
            var current = _local.Peek(NotNull(key));
            var seen = current is null ? default! : current.Value;
            var value = current is null ? addValue : updateValueFactory(key, seen);
            using var change = MustTell(key) ? _member.SetChange(key, value, null) : null;
            if (_local.TryReplace(current, seen, key, value, null, change))
                return value;
        }
    }

    public bool Remove(TKey key) => Remove(key, out _);

    public bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        using var change = MustTell(key) ? _member.RemoveChange(key) : null;
        return _local.Remove(key, out value, change);
    }

    public void Clear()
    {
        using var change = _member.IsHeard ? _member.ClearChange() : null;
        _local.Clear(CacheChangeKind.Removed, change);
    }

    private void SetCore(TKey key, TValue value, CacheEntryOptions? options)
    {
        using var change = MustTell(key) ? _member.SetChange(key, value, options) : null;
        _local.Set(key, value, options, change);
    }

    // Coherent verbs: complete when every member that may serve the cache has followed. --------------------------------------------------

    public ValueTask SetAsync(TKey key, TValue value, CancellationToken cancellationToken = default)
        => SetCoreAsync(key, value, null, cancellationToken);

    public ValueTask SetAsync(TKey key, TValue value, CacheEntryOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return SetCoreAsync(key, value, options, cancellationToken);
    }

    public ValueTask RemoveAsync(TKey key, CancellationToken cancellationToken = default) => _member.RemoveAsync(NotNull(key), cancellationToken);

    public ValueTask ClearAsync(CancellationToken cancellationToken = default) => _member.ClearAsync(cancellationToken);

    public ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        return _member.RemoveByTagAsync(tag, cancellationToken);
    }

    private ValueTask SetCoreAsync(TKey key, TValue value, CacheEntryOptions? options, CancellationToken cancellationToken)
    {
        var change = _member.SetChange(NotNull(key), value, options);
        return _member.RunAsync(change, () => _local.Set(key, value, options, change), cancellationToken);
    }

    // Fills: never told to anybody. -------------------------------------------------------------------------------------------------------

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> valueFactory)
    {
        ArgumentNullException.ThrowIfNull(valueFactory);
        return _local.GetOrAdd(key, valueFactory);
    }

    public ValueTask<TValue> GetOrAddAsync(
        TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> valueFactory, CancellationToken cancellationToken = default)
        => GetOrAddAsync(key, valueFactory, null, cancellationToken);

    public ValueTask<TValue> GetOrAddAsync(
        TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> valueFactory, CacheEntryOptions? options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(valueFactory);
        return GetOrAddAsync(key, valueFactory, static (key, factory, token) => factory(key, token), options, cancellationToken);
    }

    public ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> valueFactory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(valueFactory);
        return _readThrough is null
            ? _local.GetOrAddAsync(key, state, valueFactory, options, cancellationToken)
            : _readThrough.GetOrAddAsync(key, state, valueFactory, options, cancellationToken);
    }

    private static TKey NotNull(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key;
    }
}
