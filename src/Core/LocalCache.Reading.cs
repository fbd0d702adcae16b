using System.Diagnostics.CodeAnalysis;

namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    /// <summary>Gets a value. The hit path: no lock, no allocation, and in the steady state no write that another processor would see.</summary>
    internal bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_map.Find(key) is { } entry)
        {
            long now = _clock.Now;
            if (IsVisible(entry, now))
            {
                if (entry.Packed is not null)
                {
                    return TryGetPacked(key, out value);
                }

                if (entry.Frequency < EvictionNode.MaxFrequency)
                {
                    entry.Frequency++;
                }

                if (_notesReads)
                {
                    NoteRead(entry, now);
                }

                _reads.Hit();
                value = entry.Value;
                return true;
            }
        }

        _reads.Miss();
        value = default;
        return false;
    }

    /// <summary>Whether a key is there. Not counted.</summary>
    internal bool ContainsKey(TKey key) => Find(key) is not null;

    /// <summary>What is known of an entry. Not counted. The times are those of this member, as its wall clock sees them now.</summary>
    internal bool TryGetMetadata(TKey key, out CacheEntryMetadata metadata)
    {
        lock (_lock)
        {
            if (Find(key) is not { } entry)
            {
                metadata = default;
                return false;
            }

            var start = _time.GetUtcNow() - TimeSpan.FromMilliseconds(_clock.Now);
            metadata = Describe(entry, start);
            return true;
        }
    }

    /// <summary>A sixteenth of the window is precise enough, and spares hot entries most of the writes.</summary>
    private void NoteRead(Entry entry, long now)
    {
        _topKeys?.Note(entry.Key);
        if (_changeWindow == 0)
        {
            return;
        }

        if (entry.LastRead == 0 || (uint)now - entry.LastRead >= _changeWindow >> 4)
        {
            entry.LastRead = (uint)now == 0 ? uint.MaxValue : (uint)now;
        }
    }
}
