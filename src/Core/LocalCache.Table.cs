using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    /// <summary>The entries by key: a hash table with groups of tagged slots. Readers take no lock; writers hold the cache's.</summary>
    /// <remarks>
    /// <para>After Abseil's Swiss tables (Benzaquen et al., 2018) and Folly's F14 (Bronson and Shi, 2019): a key's hash names a group of 16 slots, and a byte of it is compared with
    /// the tags of all 16 at once, so that almost always the one entry that is looked at is the right one, and no branch depends on where it stands. A chain of entries costs a mispredicted branch
    /// wherever hot keys share a bucket. A full group overflows into the next, and counts how many keys went past it.</para>
    /// <para>A slot's entry is written before its tag, and an entry stays in its slot until it leaves or the table grows. A table that has outgrown its slots is copied; a reader that is
    /// still in the old one sees what was there when it began.</para>
    /// <para>docs/decisions.md has it measured against <see cref="System.Collections.Concurrent.ConcurrentDictionary{TKey, TValue}"/>.</para>
    /// </remarks>
    private sealed class Table
    {
        private const int GroupLength = 16;

        private Group[] _groups = new Group[1]; // always a power of two

        internal int Count { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal bool TryGetValue(TKey key, [NotNullWhen(true)] out Entry? entry)
        {
            entry = Find(key);
            return entry is not null;
        }

        /// <summary>The entry of a key; null when there is none.</summary>
        /// <exception cref="ArgumentNullException">The key is null.</exception>
        internal Entry? Find(TKey key) => Find(key, KeyHash.Of(key ?? throw new ArgumentNullException(nameof(key))));

        /// <summary>The entry of a key whose hash is known.</summary>
        internal Entry? Find(TKey key, int hash)
        {
            var groups = Volatile.Read(ref _groups);
            for (int index = hash; index != hash + groups.Length; index++) // keys may have gone past every group, and others left since
            {
                ref var group = ref At(groups, index);
                for (uint matches = group.Match(Tag(hash)); matches != 0; matches &= matches - 1)
                {
                    if (group.First(matches) is { } entry && entry.Hash == hash && AreEqual(entry.Key, key))
                    {
                        return entry;
                    }
                }

                if (Volatile.Read(ref group.Overflows) == 0)
                {
                    break;
                }
            }

            return null;
        }

        /// <summary>Adds an entry of a key that is not there.</summary>
        internal void Add(Entry entry)
        {
            if (Count >= _groups.Length * GroupLength / 4 * 3) // three quarters full: then one key in seventy is beside its group
            {
                Grow();
            }

            Add(_groups, entry);
            Count++;
        }

        /// <summary>Puts an entry in another's place.</summary>
        internal void Replace(Entry entry, Entry successor)
        {
            ref var group = ref Find(entry, out int slot);
            Volatile.Write(ref group.Entries[slot], successor);
        }

        /// <summary>Takes an entry out that is in.</summary>
        internal void Remove(Entry entry)
        {
            Count--;
            ref var group = ref Find(entry, out int slot);
            Volatile.Write(ref group.Tags[slot], 0);
            group.Entries[slot] = null;
            for (int index = entry.Hash; !Unsafe.AreSame(ref At(_groups, index), ref group); index++)
            {
                At(_groups, index).Overflows--;
            }
        }

        /// <summary>Compares tags and overflows with the entries.</summary>
        /// <returns>What is wrong; null when nothing is.</returns>
        internal string? Check()
        {
            int[] overflows = new int[_groups.Length];
            int count = 0;
            for (int index = 0; index < _groups.Length; index++)
            {
                for (int slot = 0; slot < GroupLength; slot++)
                {
                    var entry = _groups[index].Entries[slot];
                    if (_groups[index].Tags[slot] != (entry is null ? 0 : Tag(entry.Hash)))
                    {
                        return "a tag is not its entry's";
                    }

                    count += entry is null ? 0 : 1;
                    for (int passed = entry?.Hash ?? index; (passed & (_groups.Length - 1)) != index; passed++)
                    {
                        overflows[passed & (_groups.Length - 1)]++;
                    }
                }
            }

            return count != Count ? $"it holds {count} entries and counts {Count}"
                : !overflows.SequenceEqual(_groups.Select(group => group.Overflows)) ? "overflows are counted wrong"
                : null;
        }

        internal void Clear()
        {
            Volatile.Write(ref _groups, new Group[1]);
            Count = 0;
        }

        private void Grow()
        {
            var grown = new Group[_groups.Length * 2];
            foreach (ref var group in _groups.AsSpan())
            {
                foreach (var entry in group.Entries)
                {
                    if (entry is not null)
                    {
                        Add(grown, entry);
                    }
                }
            }

            Volatile.Write(ref _groups, grown);
        }

        private static void Add(Group[] groups, Entry entry)
        {
            for (int index = entry.Hash; ; index++)
            {
                ref var group = ref At(groups, index);
                uint free = group.Match(0);
                if (free != 0)
                {
                    int slot = BitOperations.TrailingZeroCount(free);
                    group.Entries[slot] = entry;
                    Volatile.Write(ref group.Tags[slot], Tag(entry.Hash));
                    return;
                }

                group.Overflows++;
            }
        }

        private ref Group Find(Entry entry, out int slot)
        {
            for (int index = entry.Hash; ; index++)
            {
                ref var group = ref At(_groups, index);
                slot = ((ReadOnlySpan<Entry?>)group.Entries).IndexOf(entry);
                if (slot >= 0)
                {
                    return ref group;
                }
            }
        }

        private static ref Group At(Group[] groups, int index) => ref groups[index & (groups.Length - 1)];

        private static byte Tag(int hash) => (byte)(0x80 | (hash >>> 25)); // bits that name no group unless there are 33 million of them, and never 0, which is an empty slot

        private static bool AreEqual(TKey left, TKey right)
            => left is string text ? right is string other && string.Equals(text, other) : EqualityComparer<TKey>.Default.Equals(left, right);

        private struct Group
        {
            internal Sixteen<byte> Tags;

            /// <summary>How many keys went past this group, because it was full.</summary>
            internal int Overflows;
            internal Sixteen<Entry?> Entries;

            /// <summary>The slots that have a tag, as bits.</summary>
            internal readonly uint Match(byte tag) => Vector128.Equals(Vector128.LoadUnsafe(in Tags[0]), Vector128.Create(tag)).ExtractMostSignificantBits();

            /// <summary>The entry in the first of some slots; null when it has just left.</summary>
            internal readonly Entry? First(uint slots) => Entries[BitOperations.TrailingZeroCount(slots)];
        }

        [InlineArray(GroupLength)]
        private struct Sixteen<T>
        {
            private T _first;
        }
    }
}
