namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    private const int ChunkLength = 32;

    /// <summary>The visible entries in order, or from last to first, weakly consistent while others write.</summary>
    /// <remarks>
    /// An entry that is there throughout and is not moved is seen exactly once, no key is seen twice, and keys that come in or move to the far end meanwhile are not followed there,
    /// so the enumeration ends whatever the writers do. The lock is taken once for each chunk of entries; each step then looks its key up afresh, as a read would.
    /// </remarks>
    internal IEnumerable<KeyValuePair<TKey, TValue>> Enumerate(bool backward = false)
    {
        var cursor = new Cursor(backward);
        while (Fetch(cursor))
        {
            for (int i = 0; i < cursor.Length; i++)
            {
                if (Peek(cursor.Chunk[i].Key) is { } entry)
                {
                    yield return new(entry.Key, entry.Value);
                }
            }
        }
    }

    /// <summary>Fetches the entries that come next.</summary>
    private bool Fetch(Cursor cursor)
    {
        lock (_lock)
        {
            var next = Resume(cursor);
            cursor.Length = 0;
            cursor.End ??= (cursor.Backward ? _first : _last) is { } end ? cursor.Rank(end) : cursor.Position;
            while (next is not null && cursor.Length < ChunkLength && cursor.Rank(next) <= cursor.End)
            {
                cursor.Chunk[cursor.Length++] = next;
                next = cursor.After(next);
            }

            if (cursor.Length > 0)
            {
                (cursor.ChunkStart, cursor.Position) = (cursor.Rank(cursor.Chunk[0]), cursor.Rank(cursor.Chunk[cursor.Length - 1]));
            }

            return cursor.Length > 0;
        }
    }

    /// <summary>The first entry behind the cursor's position. O(1) unless the anchor and all of the last chunk have gone from their places, when it is sought from the end.</summary>
    private Entry? Resume(Cursor cursor)
    {
        for (int i = cursor.Length - 1; i >= 0; i--)
        {
            if (_map.TryGetValue(cursor.Chunk[i].Key, out var entry) && cursor.Rank(entry) >= cursor.ChunkStart && cursor.Rank(entry) <= cursor.Position)
            {
                (cursor.Anchor, cursor.AnchorRank) = (entry, cursor.Rank(entry));
                break;
            }
        }

        var next = cursor.Backward ? _last : _first;
        if (cursor.Anchor is { } anchor && _map.TryGetValue(anchor.Key, out var anchored) && cursor.Rank(anchored) == cursor.AnchorRank)
        {
            next = anchored;
        }

        while (next is not null && cursor.Rank(next) <= cursor.Position)
        {
            next = cursor.After(next);
        }

        return next;
    }

    /// <summary>Where an enumeration is. Ranks are places that grow in its direction; it ends at the rank that was the last one when it began.</summary>
    private sealed class Cursor(bool backward)
    {
        internal readonly bool Backward = backward;
        internal readonly Entry[] Chunk = new Entry[ChunkLength];
        internal int Length;

        internal Place? End;

        /// <summary>The first and last rank of the chunk.</summary>
        internal Place ChunkStart, Position = new(long.MinValue, 0);

        /// <summary>The last entry that was seen still to be in its place: whatever stood between it and the position has gone.</summary>
        internal Entry? Anchor;
        internal Place AnchorRank;

        internal Place Rank(Entry entry) => Backward ? entry.Place.Mirrored : entry.Place;

        internal Entry? After(Entry entry) => Backward ? entry.Previous : entry.Next;
    }
}
