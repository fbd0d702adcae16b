namespace McCache.Core;

/// <summary>The keys that are read most lately: a Space-Saving summary of one read in sixteen, halved now and then so that what was hot long ago leaves.</summary>
/// <remarks>
/// Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005. A reader that finds the summary in use by another passes its sample over, so none waits.
/// </remarks>
internal sealed class TopKeys<TKey>(int count)
    where TKey : notnull
{
    private const int Slack = 4;
    private const int HalveAfter = 1 << 16;

    [ThreadStatic]
    private static uint s_random;

    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, int> _slots = [];
    private readonly (TKey Key, long Reads)[] _counters = new (TKey, long)[count * Slack];
    private long _total;

    internal void Note(TKey key)
    {
        s_random = (s_random * 1_664_525) + 1_013_904_223; // by chance: every sixteenth would see a part only of what comes in a rhythm
        if (s_random >> 28 != 0 || !_lock.TryEnter())
        {
            return;
        }

        try
        {
            Count(key);
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>The keys, most reads first, each with its share of all.</summary>
    internal (TKey Key, double Share)[] Read()
    {
        lock (_lock)
        {
            double total = Math.Max(1, _total);
            return [.. _counters.Take(_slots.Count).OrderByDescending(counter => counter.Reads).Take(count).Select(counter => (counter.Key, counter.Reads / total))];
        }
    }

    private void Count(TKey key)
    {
        if (!_slots.TryGetValue(key, out int slot))
        {
            slot = _slots.Count < _counters.Length ? _slots.Count : Replace();
            _slots[key] = slot;
            _counters[slot].Key = key; // its count goes on from the one that it has driven out
        }

        _counters[slot].Reads++;
        if (++_total >= HalveAfter)
        {
            Halve();
        }
    }

    private int Replace()
    {
        int least = 0;
        for (int i = 1; i < _counters.Length; i++)
        {
            if (_counters[i].Reads < _counters[least].Reads)
            {
                least = i;
            }
        }

        _slots.Remove(_counters[least].Key);
        return least;
    }

    private void Halve()
    {
        _total /= 2;
        foreach (ref var counter in _counters.AsSpan())
        {
            counter.Reads /= 2;
        }
    }
}
