namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    private const long Never = long.MaxValue;

    /// <summary>Whether a value is written in one piece, so that readers never see half of it (ECMA-335, I.12.6.6): then an update needs no new entry.</summary>
    private static readonly bool s_isValueAtomic = !typeof(TValue).IsValueType || (Environment.Is64BitProcess && Type.GetTypeCode(typeof(TValue)) is >= TypeCode.Boolean and <= TypeCode.Double);

    /// <summary>What an entry is made of, or becomes.</summary>
    internal readonly record struct Content(int Hash, TKey Key, TValue Value, long Size, EntryTerms Terms, long Updated, long Expires);

    /// <summary>A key with its value, and its places in the order, in the table and in the eviction policy's queues. Callers outside the cache read <see cref="Key"/> and <see cref="Value"/> only.</summary>
    internal sealed class Entry : EvictionNode
    {
        internal readonly TKey Key;

        /// <summary>The value, once it is there: written before <see cref="Packed"/> becomes null.</summary>
        internal TValue Value;

        /// <summary>The value as it came from another member; null when it has been unpacked, and for a value of this member's own.</summary>
        internal volatile PackedValue<TValue>? Packed;

        /// <summary>All below changes under the writer lock only, and is read under it.</summary>
        internal long Size;
        internal bool IsSizeDeclared;
        internal string[] Tags;

        /// <summary>When the value was set, and when the key came in, by the cache's clock.</summary>
        internal long Updated, Inserted;

        /// <summary>The neighbours in the order, and the place, which grows along it.</summary>
        internal Entry? Previous, Next;
        internal Place Place;

        /// <summary>The key's registers; null for a fill, and in an invalidating cache.</summary>
        internal Register? Register;

        internal Entry(in Content content)
            : base(content.Hash)
        {
            (Key, Value, Size, IsSizeDeclared, Tags) = (content.Key, content.Value, content.Size, content.Terms.Size is not null, content.Terms.Tags);
            (Updated, Inserted, Expires) = (content.Updated, content.Updated, content.Expires);
        }

        /// <summary>Takes new content, of the same key. Only for values that are written in one piece.</summary>
        internal void Update(in Content content)
        {
            (Size, IsSizeDeclared, Tags, Updated) = (content.Size, content.Terms.Size is not null, content.Terms.Tags, content.Updated);
            Value = content.Value;
            Volatile.Write(ref Expires, content.Expires);
        }

        /// <summary>Takes over what an update leaves as it is. The order and the policy are told by the cache.</summary>
        internal void Inherit(Entry predecessor)
        {
            Inserted = predecessor.Inserted;
            LastRead = predecessor.LastRead;
            Frequency = predecessor.Frequency;
        }
    }

    private Content NewContent(TKey key, TValue value, in EntryTerms terms, long size)
    {
        long now = _clock.Now;
        long expires = terms.TimeToLive >= Never - now ? Never : now + terms.TimeToLive;
        return new(KeyHash.Of(key), key, value, size, terms, now, expires);
    }

    private Entry NewEntry(TKey key, TValue value, in EntryTerms terms, long size) => new(NewContent(key, value, terms, size));
}
