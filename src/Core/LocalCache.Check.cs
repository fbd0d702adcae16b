namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    /// <summary>An order-independent hash of the keys held, expired ones aside: the sum of their mixed hashes.</summary>
    /// <param name="hash">A hash of a key that is the same on every member; called outside the lock.</param>
    internal ulong Digest(Func<TKey, ulong> hash)
    {
        var keys = new List<TKey>();
        lock (_lock)
        {
            long now = _clock.Now;
            for (var entry = Serves(now) ? _first : null; entry is not null; entry = entry.Next)
            {
                if (now < entry.Expires)
                {
                    keys.Add(entry.Key);
                }
            }
        }

        ulong digest = 0;
        foreach (var key in keys)
        {
            digest += Mix(hash(key));
        }

        return digest;
    }

    /// <summary>Compares the cache's structures with each other.</summary>
    /// <exception cref="InvalidOperationException">They contradict each other; the message says how.</exception>
    internal void Check()
    {
        lock (_lock)
        {
            int count = 0;
            long bytes = 0;
            bool handFound = _hand is null;
            Entry? previous = null;
            for (var entry = _first; entry is not null; previous = entry, entry = entry.Next)
            {
                count++;
                bytes += entry.Size;
                handFound |= entry == _hand;
                Require(entry.Expires >= _nextExpiry && (_hand is not null && handFound || entry.Expires >= _roundExpiry), "the hand would sleep through an expiry");
                Require(entry.Previous == previous, "the order's links disagree");
                Require(previous is null || previous.Place < entry.Place, "the places are not sorted");
                Require(IsCurrent(entry), "the order has an entry that the map has not");
                Require(IsInPolicy(entry), "the policy's links disagree, or lead to an entry that has gone");
            }

            Require(_last == previous, "the order's end is not its last entry");
            Require(_replicates || _first is null || (_first.Place.Major >= _firstPlace && _last!.Place.Major <= _lastPlace), "an entry is outside the places given");
            Require(handFound, "the hand is on an entry that has gone");
            string? problem = _map.Check();
            Require(problem is null, $"the table: {problem}");
            Require(_map.Count == count, $"the map has {_map.Count} entries, the order {count}");
            Require(_bytes == bytes, $"{_bytes} bytes are counted, the entries have {bytes}");
            Require(count <= _maxEntries && bytes <= _maxBytes, "a limit is passed");
            Require(_serveUntil != 0 || ((count == 0 || _replicates) && _flights.Count + _blockingFlights.Count == 0), "the cache has not started, and holds something");
            CheckRegisters();
        }

        bool IsCurrent(Entry entry) => _map.TryGetValue(entry.Key, out var current) && current == entry;

        bool IsInPolicy(Entry entry)
            => (entry.Older is null || (entry.Older.Newer == entry && IsCurrent((Entry)entry.Older)))
            && (entry.Newer is null || (entry.Newer.Older == entry && IsCurrent((Entry)entry.Newer)));
    }

    private void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Cache '{Name}' is inconsistent: {problem}.");
        }
    }

    /// <summary>The finalizer of SplitMix64 (Steele et al., 2014), so that weak hashes do not cancel out.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
