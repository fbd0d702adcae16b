using System.Collections;

namespace McCache.Client;

internal sealed partial class CacheView<TKey, TValue>
{
    public ICollection<TKey> Keys => field ??= new Projection<TKey>(this, static pair => pair.Key, (view, key) => view.ContainsKey(key));

    public ICollection<TValue> Values => field ??= new Projection<TValue>(
        this,
        static pair => pair.Value,
        static (view, value) => view._local.ToArray().Any(pair => EqualityComparer<TValue>.Default.Equals(pair.Value, value)));

    IEnumerable<TKey> IReadOnlyDictionary<TKey, TValue>.Keys => Keys;

    IEnumerable<TValue> IReadOnlyDictionary<TKey, TValue>.Values => Values;

    void ICollection<KeyValuePair<TKey, TValue>>.Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    bool ICollection<KeyValuePair<TKey, TValue>>.Contains(KeyValuePair<TKey, TValue> item)
        => TryGetValue(item.Key, out var value) && EqualityComparer<TValue>.Default.Equals(value, item.Value);

    void ICollection<KeyValuePair<TKey, TValue>>.CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex) => _local.ToArray().CopyTo(array, arrayIndex);

    /// <summary>Removes the key only if it has this value here; otherwise nothing is changed, and nobody is told.</summary>
    bool ICollection<KeyValuePair<TKey, TValue>>.Remove(KeyValuePair<TKey, TValue> item)
    {
        using var change = _member.RemoveChange(NotNull(item.Key));
        return _local.Remove(item.Key, item.Value, change);
    }

    /// <summary>The live, read-only collection of the keys or of the values.</summary>
    private sealed class Projection<T>(
        CacheView<TKey, TValue> view, Func<KeyValuePair<TKey, TValue>, T> select, Func<CacheView<TKey, TValue>, T, bool> contains) : ICollection<T>
    {
        public int Count => view.Count;

        public bool IsReadOnly => true;

        public bool Contains(T item) => contains(view, item);

        public void CopyTo(T[] array, int arrayIndex) => Array.ConvertAll(view._local.ToArray(), pair => select(pair)).CopyTo(array, arrayIndex);

        public IEnumerator<T> GetEnumerator()
        {
            foreach (var pair in view)
                yield return select(pair);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        void ICollection<T>.Add(T item) => throw ReadOnly();

        bool ICollection<T>.Remove(T item) => throw ReadOnly();

        void ICollection<T>.Clear() => throw ReadOnly();

        private static NotSupportedException ReadOnly() => new("The keys and values of a cache are views; change the cache itself.");
    }
}
