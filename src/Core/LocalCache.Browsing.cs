namespace McCache.Core;

/// <content>What somebody who looks after the cache sees of its keys. Nothing here counts as a read or changes what is evicted.</content>
internal sealed partial class LocalCache<TKey, TValue>
{
    private readonly TopKeys<TKey>? _topKeys;

    /// <summary>The keys that are read most lately, each with its share of all reads; null when they are not counted.</summary>
    internal (TKey Key, double Share)[]? TopKeys => _topKeys?.Read();

    /// <summary>The limits, as they were set.</summary>
    internal (int Entries, long? Bytes) Limits => (_maxEntries, _maxBytes == long.MaxValue ? null : _maxBytes);

    /// <summary>Some visible entries in their order, values aside, as of one moment; and how many there are. O(n) in what is passed over, under the writer lock.</summary>
    internal (IReadOnlyList<(TKey Key, CacheEntryMetadata Metadata)> Keys, int Total) Browse(int skip, int count)
    {
        List<(TKey, CacheEntryMetadata)> keys = [];
        lock (_lock)
        {
            long now = _clock.Now;
            if (!Serves(now))
            {
                return (keys, 0);
            }

            DropExpired(int.MaxValue, now); // so that what is counted is what is shown
            var start = _time.GetUtcNow() - TimeSpan.FromMilliseconds(now);
            for (var entry = _first; entry is not null && keys.Count < count; entry = entry.Next)
            {
                if (skip-- <= 0)
                {
                    keys.Add((entry.Key, Describe(entry, start)));
                }
            }

            return (keys, _map.Count);
        }
    }

    /// <param name="entry">The entry.</param>
    /// <param name="start">When the cache's clock stood at zero, by the wall clock.</param>
    private static CacheEntryMetadata Describe(Entry entry, DateTimeOffset start)
    {
        return new(
            At(entry.Inserted), At(entry.Updated), entry.Expires == Never ? null : At(entry.Expires), entry.Size, Array.AsReadOnly(entry.Tags), entry.Register?.Version);

        DateTimeOffset At(long time) => start + TimeSpan.FromMilliseconds(time);
    }
}
