using System.Numerics;

namespace McCache.Core;

/// <summary>A bounded memory of keys that have left: by hash, in one array of eight-byte slots, each with a 31-bit stamp and one flag.</summary>
/// <remarks>
/// A bucket of <see cref="Ways"/> slots (a cache line) is a small queue, newest first, and what falls off its end is forgotten: so a
/// ghost lives for about as many departures as there are slots, with neither links nor clean-up. Two keys with one hash are taken for
/// each other, which costs a wrong guess at worst.
/// </remarks>
internal struct GhostTable
{
    /// <summary>Slots to a bucket.</summary>
    internal const int Ways = 8;

    /// <summary>The slots of the smallest table (4 KiB): a cache of few entries needs a past longer than itself to learn from.</summary>
    internal const int MinSlots = 512;

    private ulong[]? _slots;

    /// <summary>The slots there are: none before the first <see cref="Reserve"/>.</summary>
    internal readonly int Slots => _slots?.Length ?? 0;

    /// <summary>Grows to at least <paramref name="slots"/>, rounded up to a power of two. What is remembered stays.</summary>
    internal void Reserve(int slots)
    {
        var old = _slots;
        if (old is not null && old.Length >= slots)
        {
            return;
        }

        _slots = new ulong[Math.Max(MinSlots, BitOperations.RoundUpToPowerOf2((uint)slots))];
        for (var i = (old?.Length ?? 0) - 1; i >= 0; i--)
        {
            if (old![i] != 0)
            {
                Push(old[i]);
            }
        }
    }

    /// <summary>Remembers a key in place of the oldest of its bucket. Needs a <see cref="Reserve"/> before.</summary>
    internal readonly void Add(int hash, uint stamp, bool flag) => Push(((ulong)Tag(hash) << 32) | (stamp << 1) | (flag ? 1u : 0u));

    /// <summary>Finds a key, says what was noted of it, and forgets it.</summary>
    internal readonly bool TryTake(int hash, out uint stamp, out bool flag)
    {
        var tag = Tag(hash);
        var bucket = Bucket(tag);
        for (var i = 0; i < bucket.Length; i++)
        {
            var slot = bucket[i];
            if ((uint)(slot >> 32) == tag && slot != 0)
            {
                bucket[(i + 1)..].CopyTo(bucket[i..]);
                bucket[^1] = 0;
                stamp = (uint)slot >> 1;
                flag = (slot & 1) != 0;
                return true;
            }
        }

        stamp = 0;
        flag = false;
        return false;
    }

    private readonly void Push(ulong slot)
    {
        var bucket = Bucket((uint)(slot >> 32));
        bucket[..^1].CopyTo(bucket[1..]);
        bucket[0] = slot;
    }

    private readonly Span<ulong> Bucket(uint tag) => _slots is null ? [] : _slots.AsSpan((int)(tag & (uint)((_slots.Length / Ways) - 1)) * Ways, Ways);

    /// <summary>The finalizer of MurmurHash3 (Appleby): the hash codes of integers differ in their lowest bits only.</summary>
    private static uint Tag(int hash)
    {
        var tag = (uint)hash;
        tag = (tag ^ (tag >> 16)) * 0x85EBCA6B;
        tag = (tag ^ (tag >> 13)) * 0xC2B2AE35;
        return tag ^ (tag >> 16);
    }
}
