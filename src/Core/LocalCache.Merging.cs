namespace McCache.Core;

/// <remarks>
/// Changes of a replicating cache, its own and those that others tell. Both are merged by the same rules; what is told late (relayed, or fetched by a reconciliation) is
/// ignored at or below the floor, unless it replaces what is held: a tombstone for it may have been forgotten. Whatever is told of a key breaks its flights and drops its fill.
/// </remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    private int _saidOversized;

    /// <summary>Merges a value that another member tells.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash, the same on every member.</param>
    /// <param name="version">The version of the write.</param>
    /// <param name="place">The key's place where it was written; default when the version is the place.</param>
    /// <param name="value">The value. It belongs to the cache from now on.</param>
    /// <param name="terms">The terms, with the time that remains.</param>
    /// <param name="isLate">Whether it came another way than from its publisher in turn.</param>
    internal Merge MergeValue(TKey key, ulong hash, CacheVersion version, Place place, PackedValue<TValue> value, in EntryTerms terms, bool isLate)
    {
        long size = Math.Max(1, terms.Size ?? SizeEstimate.OfPacked(key, value.Length));
        var entry = NewEntry(key, default!, terms, size);
        entry.Packed = value;
        Merge merge;
        lock (_lock)
        {
            BreakFlights(key);
            merge = MergeEntry(entry, hash, version, place, isLate);
        }

        if (merge != Merge.Taken || entry.Register is null)
        {
            value.Drop(); // which may be again, if it has come and gone meanwhile
        }

        if (merge == Merge.Taken && size > _maxBytes && Interlocked.Exchange(ref _saidOversized, 1) == 0)
        {
            Log.ValueOversized(_logger, Name, size, _maxBytes);
        }

        return merge;
    }

    /// <summary>Merges the news of a value that is yet to come: what it supersedes leaves now, and the key is pending until <see cref="CompletePending"/> or <see cref="AbandonPending"/>, or until something newer is told.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash, the same on every member.</param>
    /// <param name="version">The version of the write.</param>
    /// <param name="place">The key's place where it was written.</param>
    /// <param name="terms">The terms, with the time that remains.</param>
    /// <param name="length">The bytes of the value; <see cref="long.MaxValue"/> for more than this member takes.</param>
    /// <param name="isLate">Whether it came another way than from its publisher in turn.</param>
    /// <param name="isPending">Whether the value is needed.</param>
    internal Merge MergePending(TKey key, ulong hash, CacheVersion version, Place place, in EntryTerms terms, long length, bool isLate, out bool isPending)
    {
        long size = length == long.MaxValue ? length : Math.Max(1, terms.Size ?? SizeEstimate.OfPacked(key, length));
        var entry = NewEntry(key, default!, terms, size);
        Merge merge;
        lock (_lock)
        {
            BreakFlights(key);
            merge = MergeEntry(entry, hash, version, place, isLate, isPending: true);
        }

        bool isOversized = size == long.MaxValue || size > _maxBytes;
        isPending = merge == Merge.Taken && !isOversized && IsPending(key, version);
        if (merge == Merge.Taken && isOversized && Interlocked.Exchange(ref _saidOversized, 1) == 0)
        {
            Log.ValueOversized(_logger, Name, size, _maxBytes);
        }

        return merge;
    }

    /// <summary>Whether a value is still awaited.</summary>
    internal bool IsPending(TKey key, CacheVersion version)
    {
        lock (_lock)
        {
            return AbsentRegister(key) is { } register && IsPending(register) && register.Version == version;
        }
    }

    /// <summary>A value has come. It belongs to the cache from now on, which drops it if something newer has been told meanwhile.</summary>
    internal void CompletePending(TKey key, CacheVersion version, PackedValue<TValue> value, in EntryTerms terms)
    {
        var entry = NewEntry(key, default!, terms, Math.Max(1, terms.Size ?? SizeEstimate.OfPacked(key, value.Length)));
        entry.Packed = value;
        lock (_lock)
        {
            if (AbsentRegister(key) is { } register && IsPending(register) && register.Version == version)
            {
                BreakFlights(key);
                Take(entry, register, register.Hash, version, register.Place);
                return;
            }
        }

        value.Drop();
    }

    /// <summary>A value will not come.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">The version of the value.</param>
    /// <param name="isElsewhere">Whether others may have it: then the key is as good as evicted here.</param>
    internal void AbandonPending(TKey key, CacheVersion version, bool isElsewhere)
    {
        lock (_lock)
        {
            if (AbsentRegister(key) is { } register && IsPending(register) && register.Version == version)
            {
                _lastEvicted = isElsewhere && version > _lastEvicted ? version : _lastEvicted;
                SetAbsent(register, register.Hash, KeyFate.Gone, version, default);
            }
        }
    }

    /// <summary>Merges a removal that another member tells.</summary>
    internal Merge MergeRemoval(TKey key, ulong hash, CacheVersion version, bool isLate)
    {
        lock (_lock)
        {
            return MergeRemoval(key, hash, version, default, CacheChangeKind.Invalidated, isLate, _clock.Now);
        }
    }

    /// <summary>Merges a move that another member tells. It carries no value and revives nothing; the place of a key that is not held is noted, should its value still come.</summary>
    internal Merge MergeMove(TKey key, Place place)
    {
        lock (_lock)
        {
            BreakFlights(key);
            return MergePlace(key, place, _clock.Now);
        }
    }

    /// <summary>Merges a clear that another member tells: nothing older is kept.</summary>
    /// <returns><see cref="Merge.Overruled"/> if something newer is held.</returns>
    internal Merge MergeClear(CacheVersion version)
    {
        lock (_lock)
        {
            return MergeClear(version, CacheChangeKind.Invalidated, _clock.Now);
        }
    }

    /// <summary>Merges a removal by tag that another member tells: nothing older that carries the tag is kept.</summary>
    /// <returns><see cref="Merge.Overruled"/> if something newer with the tag is held.</returns>
    internal Merge MergeTagRemoval(string tag, CacheVersion version)
    {
        lock (_lock)
        {
            return MergeTagRemoval(tag, version, CacheChangeKind.Invalidated, _clock.Now, out _);
        }
    }

    // This member's own changes; the lock is held, and they have been told. A default version stores nothing. ---------------------------

    private void WriteReplica(Entry entry, Change? change)
    {
        if (change is null)
        {
            return;
        }

        var held = Held(entry.Key, entry.Updated);
        var place = held is null || _updateMovesToLast ? default : held.Place;
        var version = change.Send(place);
        if (version != default)
        {
            MergeEntry(entry, change.KeyHash, version, place, isLate: false);
        }
    }

    private void RemoveReplica(TKey key, Change? change, CacheVersion version, long now)
    {
        if (version != default)
        {
            MergeRemoval(key, change!.KeyHash, version, default, CacheChangeKind.Removed, isLate: false, now);
        }
    }

    private void MoveReplica(Entry entry, bool last, CacheVersion version)
    {
        if (version == default)
        {
            return;
        }

        var place = last ? Place.AtEnd(version) : Place.AtFront(version);
        MergePlace(entry.Key, place, _clock.Now);
        if (entry.Register is null)
        {
            Unlink(entry); // a fill follows its key's place here, and is told to nobody
            entry.Place = place;
            LinkByPlace(entry);
        }
    }

    private void ClearReplica(CacheChangeKind kind, CacheVersion version)
    {
        BreakFlights();
        long now = _clock.Now;
        if (version != default)
        {
            MergeClear(version, kind, now);
        }
        else if (kind == CacheChangeKind.Evicted)
        {
            while (_first is { } entry)
            {
                Discard(entry, kind, now);
            }
        }
    }

    // The rules; the lock is held. --------------------------------------------------------------------------------------------------------

    private Merge MergeEntry(Entry entry, ulong hash, CacheVersion version, Place place, bool isLate, bool isPending = false)
    {
        long now = entry.Updated; // just read, outside the lock
        if (place == default)
        {
            place = Place.AtEnd(version);
        }

        var held = Held(entry.Key, now);
        if (isLate && version.Timestamp <= _floor && held is null && !IsAwaited(entry.Key))
        {
            DropFill(entry.Key, CacheChangeKind.Invalidated, now);
            return Merge.Ignored;
        }

        if (version > _clear && IsRemovedByTag(entry.Tags, version))
        {
            MergeRemoval(entry.Key, hash, version, place, CacheChangeKind.Invalidated, isLate, now);
            return Merge.Overruled;
        }

        var register = held?.Register ?? AbsentRegister(entry.Key);
        var merge = version <= _clear || version < register?.Version ? Merge.Overruled
            : version == register?.Version && register.Fate != KeyFate.Elsewhere ? Merge.Known
            : Merge.Taken;
        if (merge != Merge.Taken)
        {
            DropFill(entry.Key, CacheChangeKind.Invalidated, now);
            MergePlace(entry.Key, place, now);
        }
        else if (entry.Size > _maxBytes || entry.Size == long.MaxValue)
        {
            _oversizedValues++;
            _lastEvicted = version > _lastEvicted ? version : _lastEvicted;
            TakeAway(entry.Key, held, register, hash, KeyFate.Gone, version, place, now);
        }
        else if ((register is null && version <= _forgotten) || (entry.Tags.Length > 0 && version <= _forgottenTag))
        {
            _lastEvicted = version > _lastEvicted ? version : _lastEvicted;
            TakeAway(entry.Key, held, register, hash, KeyFate.Gone, version, place, now);
        }
        else if (isPending)
        {
            TakeAway(entry.Key, held, register, hash, KeyFate.Pending, version, place, now);
            AbsentRegister(entry.Key)!.Tags = entry.Tags;
        }
        else
        {
            Take(entry, register ?? new(entry.Key), hash, version, place);
        }

        return merge;
    }

    /// <summary>A value is not here: it is too large for this member, which is nobody else's concern (the key is as good as evicted), or it is on the way. What it supersedes leaves.</summary>
    private void TakeAway(TKey key, Entry? held, Register? register, ulong hash, KeyFate fate, CacheVersion version, Place place, long now)
    {
        if (held is not null)
        {
            Part(held, fate, version, place);
            Discard(held, CacheChangeKind.Invalidated, now);
            return;
        }

        DropFill(key, CacheChangeKind.Invalidated, now);
        SetAbsent(register ?? new(key), hash, fate, version, place);
    }

    /// <summary>Whether a value of the key is on the way, which is as good as held.</summary>
    private bool IsAwaited(TKey key) => AbsentRegister(key) is { } register && IsPending(register);

    private Merge MergeRemoval(TKey key, ulong hash, CacheVersion version, Place place, CacheChangeKind kind, bool isLate, long now)
    {
        BreakFlights(key);
        DropFill(key, kind, now);
        var held = Held(key, now);
        if (isLate && version.Timestamp <= _floor && held is null && !IsAwaited(key))
        {
            return Merge.Ignored;
        }

        var register = held?.Register ?? AbsentRegister(key);
        if (version <= _clear || version < register?.Version)
        {
            MergePlace(key, place, now);
            return Merge.Overruled;
        }

        if (held is not null)
        {
            Part(held, KeyFate.Removed, version, place);
            Discard(held, kind, now);
            return Merge.Taken;
        }

        bool isKnown = register is { Fate: KeyFate.Removed } && version == register.Version;
        SetAbsent(register ?? new(key), hash, KeyFate.Removed, version, place);
        return isKnown ? Merge.Known : Merge.Taken;
    }

    private void SetAbsent(Register register, ulong hash, KeyFate fate, CacheVersion version, Place place)
    {
        (register.Fate, register.Version, register.Place) = (fate, version, Place.Later(register.Place, place));
        List(register, hash);
        Keep(register);
    }

    private Merge MergePlace(TKey key, Place place, long now)
    {
        if (Held(key, now) is { } held)
        {
            return GivePlace(held, place) ? Merge.Taken : held.Place == place ? Merge.Known : Merge.Overruled;
        }

        KeepPlace(key, place);
        return place.Version <= _clear ? Merge.Overruled : Merge.Ignored;
    }

    private Merge MergeClear(CacheVersion version, CacheChangeKind kind, long now)
    {
        BreakFlights();
        bool isNews = version > _clear;
        _clear = isNews ? version : _clear;
        var newer = new List<Entry>();
        for (var entry = _first; entry is not null;)
        {
            var next = entry.Next;
            if (entry.Register is null)
            {
                Discard(entry, kind, now);
            }
            else if (entry.Register.Version <= _clear)
            {
                Part(entry, KeyFate.Removed, entry.Register.Version);
                Discard(entry, kind, now);
            }
            else
            {
                newer.Add(entry);
            }

            entry = next;
        }

        if (isNews)
        {
            foreach (var entry in newer)
            {
                GivePlace(entry, AfterClear(entry.Register!.Hash));
            }

            foreach (var register in _absent.Values.Where(register => register.Age <= version).ToList())
            {
                Keep(register); // if at all
            }
        }

        return newer.Count > 0 ? Merge.Overruled : isNews ? Merge.Taken : Merge.Known;
    }

    private Merge MergeTagRemoval(string tag, CacheVersion version, CacheChangeKind kind, long now, out int removed)
    {
        BreakFlightsByTag(tag);
        removed = 0;
        bool isOverruled = false;
        for (var entry = _first; entry is not null;)
        {
            var next = entry.Next;
            if (Array.IndexOf(entry.Tags, tag) >= 0)
            {
                if (entry.Register is { } register && register.Version >= version && version != default)
                {
                    isOverruled = true;
                }
                else
                {
                    removed++;
                    RemoveTagged(entry, version, kind, now);
                }
            }

            entry = next;
        }

        if (version == default)
        {
            return Merge.Ignored;
        }

        foreach (var register in _absent.Values.Where(register => IsPending(register) && register.Version < version && Array.IndexOf(register.Tags, tag) >= 0).ToList())
        {
            SetAbsent(register, register.Hash, KeyFate.Removed, register.Version, default);
        }

        _removedTags.TryGetValue(tag, out var known);
        if (version > known && version > _clear && version.Timestamp > _floor)
        {
            _removedTags[tag] = version;
            ForgetOldestTag();
        }

        return isOverruled ? Merge.Overruled : version == known ? Merge.Known : Merge.Taken;
    }

    /// <summary>Removes an entry at its own version: a value of that version that comes again is the one that was removed.</summary>
    private void RemoveTagged(Entry entry, CacheVersion version, CacheChangeKind kind, long now)
    {
        if (version != default)
        {
            if (entry.Register is { } register)
            {
                Part(entry, KeyFate.Removed, register.Version);
            }

            Discard(entry, kind, now);
        }
    }

    private bool IsRemovedByTag(string[] tags, CacheVersion version)
        => _removedTags.Count > 0 && Array.Exists(tags, tag => _removedTags.TryGetValue(tag, out var removal) && version < removal);

    private void ForgetOldestTag()
    {
        if (_removedTags.Count > MaxTagTombstones)
        {
            var (oldest, version) = _removedTags.MinBy(pair => pair.Value);
            _removedTags.Remove(oldest);
            _forgottenTag = version > _forgottenTag ? version : _forgottenTag;
            _forgottenTombstones++;
        }
    }
}
