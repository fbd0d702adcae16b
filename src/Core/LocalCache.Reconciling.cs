using System.Runtime.InteropServices;

namespace McCache.Core;

/// <remarks>
/// A reconciliation compares two members' registers, page by page. Of two versions the newer wins. What one side has and the other lacks is wanted if it is above the floor of the one that
/// lacks it, else dropped by the one that has it: the other has seen everything up to its floor, so it must have seen it go.
/// </remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    private uint _reconciliation;

    /// <summary>Milliseconds before its expiry from which on an entry is neither compared nor sent: members do not expire it at one moment.</summary>
    internal long ExpiryMargin { get; set; } = 60_000;

    /// <summary>All registers of the keys with hashes in a range, or its beginning.</summary>
    /// <param name="from">The lowest hash.</param>
    /// <param name="to">The highest hash.</param>
    /// <param name="maxKeys">The keys after which the page ends; only those with the same hash as the last come on top.</param>
    internal StatePage<TKey> Collect(ulong from, ulong to, int maxKeys)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            var keys = new List<KeyState<TKey>>();
            for (int bucket = (int)(from >> 56); bucket <= (int)(to >> 56) && bucket < _buckets.Length; bucket++)
            {
                int start = keys.Count;
                for (var register = _buckets[bucket]; register is not null; register = register.Next)
                {
                    if (register.Hash >= from && register.Hash <= to)
                    {
                        keys.Add(StateOf(register, now));
                    }
                }

                CollectionsMarshal.AsSpan(keys)[start..].Sort(static (left, right) => left.Hash.CompareTo(right.Hash));
                if (keys.Count >= maxKeys && keys.Count > 0)
                {
                    int length = Math.Max(1, maxKeys);
                    while (length < keys.Count && keys[length].Hash == keys[length - 1].Hash)
                    {
                        length++;
                    }

                    to = length < keys.Count ? keys[length - 1].Hash : Math.Min(to, ((ulong)bucket << 56) | (ulong.MaxValue >> 8));
                    keys.RemoveRange(length, keys.Count - length);
                    break;
                }
            }

            return new(from, to, _floor, _clear, [.. _removedTags.Select(pair => (pair.Key, pair.Value))], keys, _lastEvicted > _clear ? _lastEvicted : default);
        }
    }

    /// <summary>Merges what another member's page says of keys, and finds the keys whose values are wanted from it.</summary>
    /// <param name="page">The page.</param>
    /// <param name="mendsHole">Whether changes are known to have been lost here: then nothing is kept that the other may have seen go, for whatever reason.</param>
    internal Reconciled<TKey> Reconcile(StatePage<TKey> page, bool mendsHole = true)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            if (page.Clear > _clear)
            {
                MergeClear(page.Clear, CacheChangeKind.Invalidated, now);
            }

            foreach (var (tag, version) in page.Tags)
            {
                // Others have been merged here long ago; a look at every entry is too dear to be repeated for each page.
                if (version.Timestamp > _floor && version > _removedTags.GetValueOrDefault(tag))
                {
                    MergeTagRemoval(tag, version, CacheChangeKind.Invalidated, now, out _);
                }
            }

            _reconciliation++;
            var wanted = new List<TKey>();
            var (removed, moved) = (0, 0);
            foreach (var state in page.Keys)
            {
                if (state.Fate == KeyFate.Removed)
                {
                    removed += MergeRemoval(state.Key, state.Hash, state.Version, state.Place, CacheChangeKind.Invalidated, isLate: true, now) == Merge.Taken ? 1 : 0;
                }
                else if (state.Fate == KeyFate.Held)
                {
                    if (Wants(state, now))
                    {
                        // What its factory reads, or has read, is older than that.
                        BreakFlights(state.Key);
                        DropFill(state.Key, CacheChangeKind.Invalidated, now);
                        wanted.Add(state.Key);
                    }
                    else
                    {
                        moved += MergePlace(state.Key, state.Place, now) == Merge.Taken ? 1 : 0;
                    }
                }

                else
                {
                    Supersede(state, now);
                }

                if ((_map.TryGetValue(state.Key, out var entry) ? entry.Register : AbsentRegister(state.Key)) is { } register)
                {
                    register.Mark = _reconciliation;
                }
            }

            return new(wanted, DropUnmentioned(page, mendsHole, now), removed, moved);
        }
    }

    /// <summary>A held entry as it can be sent to another member, whether or not the cache serves. Counts nothing.</summary>
    /// <returns>False when the key is not held, has expired, or is a fill.</returns>
    internal bool TryRead(TKey key, out EntrySnapshot<TKey, TValue> snapshot)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            if (Held(key, now) is not { } entry)
            {
                snapshot = default;
                return false;
            }

            // What cannot be held has just been unpacked.
            var packed = entry.Packed is { } value && value.TryHold() ? value : null;
            var register = entry.Register!;
            var terms = new EntryTerms(entry.Expires == Never ? Never : entry.Expires - now, entry.Tags, entry.IsSizeDeclared ? entry.Size : null);
            snapshot = new(entry.Key, register.Hash, register.Version, entry.Place, terms, packed is null ? entry.Value : default, packed);
            return true;
        }
    }

    private KeyState<TKey> StateOf(Register register, long now)
        => register.Entry is { } entry
            ? new(register.Key, register.Hash, IsEnding(entry, now) ? KeyFate.Gone : KeyFate.Held, register.Version, entry.Place)
            : new(register.Key, register.Hash, register.Fate is KeyFate.Pending or KeyFate.Elsewhere ? KeyFate.Gone : register.Fate, register.Version, register.Place);

    private bool IsEnding(Entry entry, long now) => entry.Expires != Never && entry.Expires - now <= ExpiryMargin;

    private bool Wants(in KeyState<TKey> state, long now)
    {
        var register = Held(state.Key, now)?.Register ?? AbsentRegister(state.Key);
        return state.Version > _clear && (register is null || register.Version == default ? state.Version.Timestamp > _floor : register.Version < state.Version || (register.Version == state.Version && register.Fate == KeyFate.Elsewhere));
    }

    /// <summary>
    /// The other side has had a version that is gone there. What is older must not be shown here, nor taken, nor told to be the newest, though that version may never come. If it does it is taken.
    /// </summary>
    private void Supersede(in KeyState<TKey> state, long now)
    {
        var held = Held(state.Key, now);
        var register = held?.Register ?? AbsentRegister(state.Key);
        if (register?.Version >= state.Version || state.Version <= _clear)
        {
            return;
        }

        BreakFlights(state.Key);
        TakeAway(state.Key, held, register, state.Hash, KeyFate.Elsewhere, state.Version, state.Place, now);
    }

    /// <summary>Drops what the other side must have seen go. What it may only have evicted stays, unless a hole is mended: then it is as good as evicted here, and nobody else is told of a removal.</summary>
    private int DropUnmentioned(StatePage<TKey> page, bool mendsHole, long now)
    {
        var seenToGo = new List<Register>();
        for (int bucket = (int)(page.From >> 56); bucket <= (int)(page.To >> 56); bucket++)
        {
            for (var register = _buckets[bucket]; register is not null; register = register.Next)
            {
                if ((register.Entry is { } entry ? mendsHole || !IsEnding(entry, now) : register.Fate == KeyFate.Pending)
                    && register.Mark != _reconciliation && register.Hash >= page.From && register.Hash <= page.To && register.Version.Timestamp <= page.Floor
                    && (mendsHole || register.Version > page.Evicted))
                {
                    seenToGo.Add(register);
                }
            }
        }

        foreach (var register in seenToGo)
        {
            BreakFlights(register.Key);
            var (fate, removal) = (KeyFate.Removed, new CacheVersion(page.Floor, ulong.MaxValue));
            if (register.Version <= page.Evicted)
            {
                _lastEvicted = register.Version > _lastEvicted ? register.Version : _lastEvicted;
                (fate, removal) = (KeyFate.Gone, register.Version);
            }

            if (register.Entry is { } entry)
            {
                Part(entry, fate, removal);
                Discard(entry, CacheChangeKind.Invalidated, now);
            }
            else
            {
                SetAbsent(register, register.Hash, fate, removal, default);
            }
        }

        return seenToGo.Count;
    }
}
