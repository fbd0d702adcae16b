namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    private const long Never = long.MaxValue;

    /// <summary>A key with its value, and its places in the order and in the eviction policy's queues. Callers outside the cache read <see cref="Key"/> and <see cref="Value"/> only.</summary>
    internal sealed class Entry(int hash, TKey key, TValue value, long size, EntryTerms terms, long updated, long expires) : EvictionNode(hash)
    {
        internal readonly TKey Key = key;
        internal readonly long Size = size;
        internal readonly bool IsSizeDeclared = terms.Size is not null;
        internal readonly string[] Tags = terms.Tags;

        /// <summary>The value, once it is there: written before <see cref="Packed"/> becomes null, and not again.</summary>
        internal TValue Value = value;

        /// <summary>The value as it came from another member; null when it has been unpacked, and for a value of this member's own.</summary>
        internal volatile PackedValue<TValue>? Packed;

        /// <summary>When the value was set, and from when on it is not visible any more, by the cache's clock.</summary>
        internal readonly long Updated = updated, Expires = expires;

        /// <summary>When the key came in. This and the links below change under the writer lock only.</summary>
        internal long Inserted = updated;

        /// <summary>The neighbours in the order, and the place, which grows along it.</summary>
        internal Entry? Previous, Next;
        internal Place Place;

        /// <summary>The key's registers; null for a fill, and in an invalidating cache.</summary>
        internal Register? Register;

        /// <summary>When the entry was last hit, about; written by readers without a lock, and only if the cache has a change window.</summary>
        internal long LastRead = Unread;

        /// <summary>Long enough ago to be outside of any window.</summary>
        internal const long Unread = long.MinValue / 2;

        /// <summary>Takes over what an update leaves as it is. The order and the policy are told by the cache.</summary>
        internal void Inherit(Entry predecessor)
        {
            Inserted = predecessor.Inserted;
            LastRead = predecessor.LastRead;
            Frequency = predecessor.Frequency;
        }
    }

    private Entry NewEntry(TKey key, TValue value, in EntryTerms terms, long size)
    {
        long now = _clock.Now;
        long expires = terms.TimeToLive >= Never - now ? Never : now + terms.TimeToLive;
        return new(EqualityComparer<TKey>.Default.GetHashCode(key), key, value, size, terms, now, expires);
    }
}
