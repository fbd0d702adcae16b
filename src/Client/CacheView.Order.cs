using System.Collections;
using McCache.Core;

namespace McCache.Client;

internal sealed partial class CacheView<TKey, TValue>
{
    public KeyValuePair<TKey, TValue> First => End(last: false);

    public KeyValuePair<TKey, TValue> Last => End(last: true);

    public bool MoveToFirst(TKey key) => MoveTo(key, last: false);

    public bool MoveToLast(TKey key) => MoveTo(key, last: true);

    private bool MoveTo(TKey key, bool last)
    {
        using var change = _member.MoveChange(NotNull(key), last);
        return _local.MoveTo(key, last, change);
    }

    public KeyValuePair<TKey, TValue> GetAt(int index)
    {
        var entry = EntryAt(index);
        return new(entry.Key, entry.Value);
    }

    public int IndexOf(TKey key) => _local.IndexOf(key);

    public bool TryPopFirst(out KeyValuePair<TKey, TValue> item) => TryPop(last: false, out item);

    public bool TryPopLast(out KeyValuePair<TKey, TValue> item) => TryPop(last: true, out item);

    // The change is made between looking and removing; when somebody was quicker, look again.
    private bool TryPop(bool last, out KeyValuePair<TKey, TValue> item)
    {
        while (_local.Peek(last) is { } entry)
        {
            using var change = _member.IsHeard ? _member.RemoveChange(entry.Key) : null;
            if (!_local.TryPop(entry, last, change))
                continue;
            item = new(entry.Key, entry.Value);
            return true;
        }

        item = default;
        return false;
    }

    public void RemoveAt(int index)
    {
        while (true)
        {
            var entry = EntryAt(index);
            using var change = _member.IsHeard ? _member.RemoveChange(entry.Key) : null;
            if (_local.TryRemove(entry, change))
                return;
        }
    }

    private KeyValuePair<TKey, TValue> End(bool last)
        => _local.Peek(last) is { } entry ? new(entry.Key, entry.Value) : throw new InvalidOperationException($"This member's copy of cache '{Name}' is empty.");

    private LocalCache<TKey, TValue>.Entry EntryAt(int index)
        => _local.PeekAt(index) ?? throw new ArgumentOutOfRangeException(nameof(index), index, $"This member's copy of cache '{Name}' has no such position.");

    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => _local.Enumerate().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public IEnumerable<KeyValuePair<TKey, TValue>> Reverse() => _local.Enumerate(backward: true);

    public KeyValuePair<TKey, TValue>[] ToArray() => _local.ToArray();
}
