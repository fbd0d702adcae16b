namespace McCache.Core;

/// <remarks>
/// An expired entry is a miss at once, and leaves when something comes by: a write of its key, or the hand. The hand goes round the entries in order, a few steps at each
/// write and more at each <see cref="Sweep"/>, and rests while nothing can have expired: a round takes down the earliest expiry that it passes, and what comes in or moves lowers it.
/// </remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    private const int SweptPerWrite = 4;

    private readonly long _timeToLive;
    private Entry? _hand;

    /// <summary>Before the first, nothing expires; the second is what the first becomes when the hand has come round.</summary>
    private long _nextExpiry = Never, _roundExpiry = Never;

    /// <summary>Looks at up to <paramref name="maxEntries"/> entries, from where the last sweep stopped, and drops the expired ones. Called from time to time.</summary>
    /// <returns>How many were dropped.</returns>
    internal int Sweep(int maxEntries)
    {
        lock (_lock)
        {
            return DropExpired(maxEntries, _clock.Now);
        }
    }

    private int DropExpired(int steps, long now)
    {
        int dropped = 0;
        for (; steps > 0 && now >= _nextExpiry; steps--)
        {
            if (_hand is null)
            {
                (_nextExpiry, _roundExpiry) = (_roundExpiry, Never);
                _hand = _first;
                continue;
            }

            var entry = _hand;
            _hand = entry.Next;
            if (entry.Expires <= now)
            {
                Discard(entry, CacheChangeKind.Expired, now);
                dropped++;
            }
            else
            {
                _roundExpiry = Math.Min(_roundExpiry, entry.Expires);
            }
        }

        return dropped;
    }

    /// <summary>An entry has come to a place that the hand may have passed.</summary>
    private void NoteExpiry(Entry entry)
    {
        _nextExpiry = Math.Min(_nextExpiry, entry.Expires);
        _roundExpiry = Math.Min(_roundExpiry, entry.Expires);
    }
}
