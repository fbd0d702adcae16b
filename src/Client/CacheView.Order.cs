using System.Collections;

namespace McCache.Client;

internal sealed partial class CacheView<TKey, TValue>
{
    public KeyValuePair<TKey, TValue> First => _local.First;

    public KeyValuePair<TKey, TValue> Last => _local.Last;

    public bool MoveToFirst(TKey key) => _local.MoveToFirst(key);

    public bool MoveToLast(TKey key) => _local.MoveToLast(key);

    public KeyValuePair<TKey, TValue> GetAt(int index) => _local.GetAt(index);

    public int IndexOf(TKey key) => _local.IndexOf(key);

    public bool TryPopFirst(out KeyValuePair<TKey, TValue> item) => TryPop(last: false, out item);

    public bool TryPopLast(out KeyValuePair<TKey, TValue> item) => TryPop(last: true, out item);

    // The frame is made between looking and removing; when somebody was quicker, look again.
    private bool TryPop(bool last, out KeyValuePair<TKey, TValue> item)
    {
        while (_local.Peek(last) is { } entry)
        {
            using var frame = _member.RemoveFrame(entry.Key);
            if (!_local.TryRemove(entry))
                continue;
            _member.Publish(frame);
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
            var entry = _local.PeekAt(index);
            using var frame = _member.RemoveFrame(entry.Key);
            if (!_local.TryRemove(entry))
                continue;
            _member.Publish(frame);
            return;
        }
    }

    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => _local.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public IEnumerable<KeyValuePair<TKey, TValue>> Reverse() => _local.Reverse();

    public KeyValuePair<TKey, TValue>[] ToArray() => _local.ToArray();
}
