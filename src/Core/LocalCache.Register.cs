namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    /// <summary>What is known of a key: the version of its value or of what took it away, and its place. Changed under the writer lock only.</summary>
    /// <remarks>A key of which nothing but a later place is known has the default version; it is on no bucket's list, and never told.</remarks>
    internal sealed class Register(TKey key)
    {
        internal readonly TKey Key = key;
        internal ulong Hash;
        internal CacheVersion Version;

        /// <summary>The place of a key that is not held; else the entry has it.</summary>
        internal Place Place;

        /// <summary>The tags of a value that is on the way.</summary>
        internal string[] Tags = [];

        /// <summary>The entry, if the key is held.</summary>
        internal Entry? Entry;

        /// <summary>The neighbours on the bucket's list.</summary>
        internal Register? Previous, Next;

        /// <summary>The last reconciliation that has mentioned the key.</summary>
        internal uint Mark;
        internal KeyFate Fate;

        /// <summary>Whether the register is on its bucket's list.</summary>
        internal bool IsListed;

        internal int Bucket => (int)(Hash >> 56);

        /// <summary>The version by which it is forgotten, if the key is not held.</summary>
        internal CacheVersion Age => Version == default ? Place.Version : Version;
    }
}
