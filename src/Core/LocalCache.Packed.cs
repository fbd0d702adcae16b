using System.Diagnostics.CodeAnalysis;

namespace McCache.Core;

/// <remarks>
/// A value of another member stays packed until its first read. Unpacking runs user code, so never under the writer lock; it is single-flight by a lock on the packed
/// value. Its bytes go when it has been unpacked, or when its entry leaves; a reader that finds them gone looks its key up again.
/// </remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    private int _saidUnreadable;

    /// <summary>The visible entry of a key with its value, or null. Counts nothing.</summary>
    internal Entry? Peek(TKey key)
    {
        while (Find(key) is { } entry)
        {
            if (Unpack(entry))
            {
                return entry;
            }
        }

        return null;
    }

    private bool TryGetPacked(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (Peek(key) is { } entry)
        {
            // As TryGet does.
            entry.Frequency = (byte)Math.Min(entry.Frequency + 1, EvictionNode.MaxFrequency);
            long now = _clock.Now;
            if (_notesReads)
            {
                NoteRead(entry, now);
            }

            _reads.Hit();
            value = entry.Value;
            return true;
        }

        _reads.Miss();
        value = default;
        return false;
    }

    /// <summary>Sees to it that the value of an entry is there.</summary>
    /// <returns>False when it will not be: the entry has left, perhaps because its bytes make no sense.</returns>
    private bool Unpack(Entry entry)
    {
        if (entry.Packed is not { } packed)
        {
            return true;
        }

        if (!packed.TryHold())
        {
            return entry.Packed is null;
        }

        if (!TryUnpack(entry, packed))
        {
            TakeOut(entry);
            packed.LetGo();
            return false;
        }

        packed.Drop();
        packed.LetGo();
        return true;
    }

    private bool TryUnpack(Entry entry, PackedValue<TValue> packed)
    {
        lock (packed)
        {
            if (entry.Packed is null || packed.IsUnreadable)
            {
                return entry.Packed is null;
            }

            try
            {
                entry.Value = packed.Unpack();
                entry.Packed = null; // publishes the value
                return true;
            }
#pragma warning disable CA1031 // A serializer may throw anything for bytes that it did not write.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                packed.IsUnreadable = true;
                if (Interlocked.Exchange(ref _saidUnreadable, 1) == 0)
                {
                    Log.ValueUnreadable(_logger, Name, exception.GetType().Name);
                }

                return false;
            }
        }
    }

    /// <summary>Takes out an entry whose value cannot be unpacked. Others may hold it.</summary>
    private void TakeOut(Entry entry)
    {
        lock (_lock)
        {
            if (_map.TryGetValue(entry.Key, out var current) && current == entry)
            {
                _unreadableValues++;
                Discard(entry, CacheChangeKind.Invalidated, _clock.Now);
            }
        }
    }

    private KeyValuePair<TKey, TValue>[] Unpack(List<KeyValuePair<TKey, TValue>> items, List<(int Index, Entry Entry, PackedValue<TValue> Packed)> packed)
    {
        HashSet<int>? unreadable = null;
        foreach (var (index, entry, value) in packed)
        {
            if (Unpack(entry))
            {
                items[index] = new(entry.Key, entry.Value);
            }
            else
            {
                (unreadable ??= []).Add(index);
            }

            value.LetGo();
        }

        return unreadable is null ? [.. items] : [.. items.Where((_, index) => !unreadable.Contains(index))];
    }
}
