namespace McCache.Core;

/// <remarks>The order is a list through the entries, sorted by place. Everything here that is private is called under the writer lock.</remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    private readonly bool _updateMovesToLast;
    private Entry? _first, _last;
    private long _firstPlace, _lastPlace;

    /// <summary>The first or last visible entry; null when there is none.</summary>
    internal Entry? Peek(bool last)
    {
        while (true)
        {
            Entry? entry;
            lock (_lock)
            {
                entry = PeekNow(last, _clock.Now);
            }

            if (entry is null || Unpack(entry))
            {
                return entry;
            }
        }
    }

    /// <summary>The entry at a position among the visible ones; null when there is no such position. O(n).</summary>
    internal Entry? PeekAt(int index)
    {
        while (true)
        {
            var entry = EntryAt(index);
            if (entry is null || Unpack(entry))
            {
                return entry;
            }
        }
    }

    private Entry? EntryAt(int index)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            for (var entry = Serves(now) && index >= 0 ? _first : null; entry is not null; entry = entry.Next)
            {
                if (now < entry.Expires && index-- == 0)
                {
                    return entry;
                }
            }

            return null;
        }
    }

    /// <summary>The position of a key among the visible entries; -1 when it is not there. O(n).</summary>
    internal int IndexOf(TKey key)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            if (!TryFind(key, now, out var entry))
            {
                return -1;
            }

            int index = 0;
            for (var earlier = entry.Previous; earlier is not null; earlier = earlier.Previous)
            {
                index += now < earlier.Expires ? 1 : 0;
            }

            return index;
        }
    }

    /// <summary>Moves a key to one end of the order.</summary>
    /// <returns>False when it is not there.</returns>
    internal bool MoveTo(TKey key, bool last, Change? change = null)
    {
        lock (_lock)
        {
            if (!TryFind(key, _clock.Now, out var entry))
            {
                return false;
            }

            var version = Tell(change);
            if (_replicates)
            {
                MoveReplica(entry, last, version);
                return true;
            }

            Unlink(entry);
            if (last)
            {
                LinkLast(entry);
            }
            else
            {
                LinkFirst(entry);
            }

            return true;
        }
    }

    /// <summary>The visible entries in order, at one moment.</summary>
    internal KeyValuePair<TKey, TValue>[] ToArray()
    {
        List<KeyValuePair<TKey, TValue>> items;
        List<(int Index, Entry Entry, PackedValue<TValue> Packed)>? packed = null;
        lock (_lock)
        {
            long now = _clock.Now;
            items = new(_map.Count);
            for (var entry = Serves(now) ? _first : null; entry is not null; entry = entry.Next)
            {
                if (now < entry.Expires)
                {
                    // What cannot be held is being unpacked at this moment: its value is there before its bytes go.
                    if (entry.Packed is { } value && value.TryHold())
                    {
                        (packed ??= []).Add((items.Count, entry, value));
                    }

                    items.Add(new(entry.Key, entry.Value));
                }
            }
        }

        return packed is null ? [.. items] : Unpack(items, packed);
    }

    private Entry? PeekNow(bool last, long now)
    {
        while (Serves(now) && (last ? _last : _first) is { } entry)
        {
            if (now < entry.Expires)
            {
                return entry;
            }

            Discard(entry, CacheChangeKind.Expired, now);
        }

        return null;
    }

    private void LinkLast(Entry entry)
    {
        entry.Place = new(++_lastPlace, 0);
        Link(_last, entry, null);
    }

    private void LinkFirst(Entry entry)
    {
        entry.Place = new(--_firstPlace, 0);
        Link(null, entry, _first);
    }

    private void LinkInPlaceOf(Entry old, Entry successor)
    {
        var (previous, next) = (old.Previous, old.Next);
        Unlink(old);
        if (_replicates && successor.Place != old.Place)
        {
            LinkByPlace(successor);
        }
        else if (_updateMovesToLast && !_replicates)
        {
            LinkLast(successor);
        }
        else
        {
            successor.Place = old.Place;
            Link(previous, successor, next);
        }
    }

    private void Link(Entry? previous, Entry entry, Entry? next)
    {
        (entry.Previous, entry.Next) = (previous, next);
        SetNext(previous, entry);
        SetPrevious(next, entry);
        NoteExpiry(entry);
    }

    /// <summary>Takes an entry out of the list. Its links are cut, so that a dead entry that the collector has not reached yet keeps no other one alive.</summary>
    private void Unlink(Entry entry)
    {
        if (_hand == entry)
        {
            _hand = entry.Next;
        }

        if (_hint == entry)
        {
            _hint = entry.Previous;
        }

        SetNext(entry.Previous, entry.Next);
        SetPrevious(entry.Next, entry.Previous);
        entry.Previous = entry.Next = null;
    }

    private void SetNext(Entry? entry, Entry? next)
    {
        if (entry is null)
        {
            _first = next;
        }
        else
        {
            entry.Next = next;
        }
    }

    private void SetPrevious(Entry? entry, Entry? previous)
    {
        if (entry is null)
        {
            _last = previous;
        }
        else
        {
            entry.Previous = previous;
        }
    }
}
