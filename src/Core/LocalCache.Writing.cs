using System.Diagnostics.CodeAnalysis;

namespace McCache.Core;

/// <remarks>
/// Every write breaks the flights of its key. It replaces the value whole, on the terms that come with it: without options, an update loses tags and takes the cache's own
/// time to live.
/// </remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    /// <summary>Sets the value of a key.</summary>
    /// <exception cref="ArgumentException">The options are illegal, or the value is larger than the cache may hold; nothing has been changed.</exception>
    internal void Set(TKey key, TValue value, CacheEntryOptions? options = null, Change? change = null)
    {
        var content = NewContent(key, value, options);
        lock (_lock)
        {
            Write(content, change);
        }
    }

    /// <summary>Adds a key that is not there.</summary>
    /// <inheritdoc cref="Set" path="/exception"/>
    internal bool TryAdd(TKey key, TValue value, CacheEntryOptions? options = null, Change? change = null)
    {
        if (ContainsKey(key))
        {
            return false;
        }

        return TryReplace(null, default!, key, value, options, change);
    }

    /// <summary>Replaces a value that equals <paramref name="comparisonValue"/>.</summary>
    /// <inheritdoc cref="Set" path="/exception"/>
    internal bool TryUpdate(TKey key, TValue newValue, TValue comparisonValue, CacheEntryOptions? options = null, Change? change = null)
    {
        while (Peek(key) is { Value: var value } current && EqualityComparer<TValue>.Default.Equals(value, comparisonValue))
        {
            if (TryReplace(current, value, key, newValue, options, change))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes a key by a verb of this member.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value, Change? change = null)
    {
        while (true)
        {
            if (_replicates)
            {
                Peek(key); // unpacks it
            }

            lock (_lock)
            {
                long now = _clock.Now;
                bool found = TryFind(key, now, out var entry);
                if (found && entry!.Packed is not null)
                {
                    continue; // it has come just now
                }

                BreakFlights(key);
                value = found ? entry!.Value : default;
                var version = Tell(change);
                if (_replicates)
                {
                    RemoveReplica(key, change, version, now);
                }
                else if (entry is not null)
                {
                    Discard(entry, CacheChangeKind.Removed, now);
                }

                return found;
            }
        }
    }

    /// <summary>Removes a key by a verb of this member, if it has this value.</summary>
    /// <returns>Whether it had, and was removed.</returns>
    internal bool Remove(TKey key, TValue comparisonValue, Change? change = null)
    {
        while (Peek(key) is { Value: var value } current && EqualityComparer<TValue>.Default.Equals(value, comparisonValue))
        {
            if (TryRemove(current, value, change))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes an entry that <see cref="PeekAt"/> has returned, by a verb of this member.</summary>
    /// <returns>False, removing nothing, when it is not the visible entry of its key any more.</returns>
    internal bool TryRemove(Entry entry, Change? change = null) => TryRemove(entry, entry.Value, change);

    private bool TryRemove(Entry entry, TValue value, Change? change)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            return TryFind(entry.Key, now, out var current) && IsAsSeen(current, entry, value) && RemoveFound(entry, change, now);
        }
    }

    /// <summary>Removes an entry that <see cref="Peek(bool)"/> has returned, by a verb of this member.</summary>
    /// <returns>False, removing nothing, when it is not the first or last visible entry any more.</returns>
    internal bool TryPop(Entry entry, bool last, Change? change = null)
    {
        lock (_lock)
        {
            long now = _clock.Now;
            return PeekNow(last, now) == entry && RemoveFound(entry, change, now);
        }
    }

    private bool RemoveFound(Entry entry, Change? change, long now)
    {
        BreakFlights(entry.Key);
        var version = Tell(change);
        if (_replicates)
        {
            RemoveReplica(entry.Key, change, version, now);
        }
        else
        {
            Discard(entry, CacheChangeKind.Removed, now);
        }

        return true;
    }

    /// <summary>Drops the copy of a key that another member has written or removed.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Invalidate(TKey key)
    {
        lock (_lock)
        {
            BreakFlights(key);
            return Discard(key, CacheChangeKind.Invalidated);
        }
    }

    /// <summary>Drops the copy of a key to save room. It says nothing of the value, so it breaks no flight.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Evict(TKey key)
    {
        lock (_lock)
        {
            return Discard(key, CacheChangeKind.Evicted);
        }
    }

    /// <summary>Removes everything: <see cref="CacheChangeKind.Removed"/> by a verb of this member, <see cref="CacheChangeKind.Invalidated"/> by one of another's,
    /// <see cref="CacheChangeKind.Evicted"/> to save room.</summary>
    internal void Clear(CacheChangeKind kind, Change? change = null)
    {
        lock (_lock)
        {
            var version = Tell(change);
            if (_replicates)
            {
                ClearReplica(kind, version);
            }
            else
            {
                DiscardAll(kind);
            }
        }
    }

    /// <summary>Changes were lost on the way (a gap): drops every copy and breaks every flight.</summary>
    internal void Drop() => Clear(CacheChangeKind.Invalidated);

    /// <summary>Removes every entry that carries a tag, and breaks every flight that does. O(n).</summary>
    /// <returns>How many entries there were.</returns>
    internal int RemoveByTag(string tag, CacheChangeKind kind, Change? change = null)
    {
        ArgumentNullException.ThrowIfNull(tag);
        lock (_lock)
        {
            long now = _clock.Now;
            var version = Tell(change);
            if (_replicates)
            {
                MergeTagRemoval(tag, version, kind, now, out int count);
                return count;
            }

            BreakFlightsByTag(tag);
            int removed = 0;
            for (var entry = _first; entry is not null;)
            {
                var next = entry.Next;
                if (Array.IndexOf(entry.Tags, tag) >= 0)
                {
                    Discard(entry, kind, now);
                    removed++;
                }

                entry = next;
            }

            return removed;
        }
    }

    /// <summary>What a user sets, as it is kept; runs the measure, so never under the lock.</summary>
    private Content NewContent(TKey key, TValue value, CacheEntryOptions? options)
    {
        ArgumentNullException.ThrowIfNull(key);
        var terms = EntryTerms.Of(options, _timeToLive);
        long size = SizeOf(key, value, terms);
        return size <= _maxBytes
            ? NewContent(key, value, terms, size)
            : throw new ArgumentException($"The entry takes {size} bytes; cache '{Name}' holds at most CacheOptions.MaxBytes, which is {_maxBytes}.", nameof(value));
    }

    /// <summary>Sets the value of a key if its visible entry is still the one that the caller has seen (<see cref="Peek(TKey)"/>).</summary>
    /// <inheritdoc cref="Set" path="/exception"/>
    internal bool TryReplace(Entry? seen, TValue seenValue, TKey key, TValue value, CacheEntryOptions? options, Change? change)
    {
        var content = NewContent(key, value, options);
        lock (_lock)
        {
            var current = TryFind(content.Key, _clock.Now, out var visible) ? visible : null;
            if (current is null ? seen is not null : !IsAsSeen(current, seen, seenValue))
            {
                return false;
            }

            Write(content, change);
            return true;
        }
    }

    /// <summary>Whether an entry is the one that was seen, with the value that was seen. Where an update makes a new entry, that alone tells; else a value that was changed and changed back is as good as one that stayed.</summary>
    private static bool IsAsSeen(Entry current, Entry? seen, TValue value)
        => current == seen && (!s_isValueAtomic || (typeof(TValue).IsValueType ? EqualityComparer<TValue>.Default.Equals(current.Value, value) : ReferenceEquals(current.Value, value)));

    private void Write(in Content content, Change? change)
    {
        BreakFlights(content.Key);
        if (_replicates)
        {
            WriteReplica(new Entry(content), change);
            return;
        }

        Tell(change);
        if (_serveUntil != 0)
        {
            Store(content);
        }
    }

    private static CacheVersion Tell(Change? change) => change?.Send(default) ?? default;

    /// <summary>Keeps content, for a write or a fill of an invalidating cache, or a fill of a replicated one.</summary>
    private void Store(in Content content)
    {
        var old = FindUnexpired(content.Key, content.Hash, content.Updated);
        if (old is null || !s_isValueAtomic || _replicates)
        {
            Store(new(content), old, content.Updated);
            return;
        }

        _bytes += content.Size - old.Size;
        old.Update(content);
        if (_updateMovesToLast)
        {
            Unlink(old);
            LinkLast(old);
        }

        NoteExpiry(old);
        Changed(old, CacheChangeKind.Updated, content.Updated);
        Trim(old, content.Updated);
    }

    /// <summary>Keeps an entry, in the place of the one that its key has.</summary>
    private void Store(Entry entry) => Store(entry, FindUnexpired(entry.Key, entry.Hash, entry.Updated), entry.Updated);

    /// <summary>The entry of a key, if it has not expired: one that has is as good as gone, so its key goes to the end.</summary>
    private Entry? FindUnexpired(TKey key, int hash, long now)
    {
        var old = _map.Find(key, hash);
        if (old is null || old.Expires > now)
        {
            return old;
        }

        Discard(old, CacheChangeKind.Expired, now);
        return null;
    }

    private void Store(Entry entry, Entry? old, long now)
    {
        _bytes += entry.Size;
        if (old is null)
        {
            _map.Add(entry);
            if (_replicates)
            {
                LinkReplica(entry);
            }
            else
            {
                LinkLast(entry);
            }

            _policy.Add(entry);
            Changed(entry, CacheChangeKind.Inserted, now);
        }
        else
        {
            _map.Replace(old, entry);
            _bytes -= old.Size;
            entry.Inherit(old);
            LinkInPlaceOf(old, entry);
            _policy.Replace(old, entry);
            old.Packed?.Drop();
            Changed(entry, CacheChangeKind.Updated, now);
        }

        Trim(entry, now);
    }

    private bool Discard(TKey key, CacheChangeKind kind)
    {
        if (_map.Find(key) is not { } entry)
        {
            return false;
        }

        Discard(entry, kind, _clock.Now);
        return true;
    }

    private void Discard(Entry entry, CacheChangeKind kind, long now)
    {
        _policy.Remove(entry);
        Forget(entry, kind, now);
    }

    /// <summary>Takes out an entry that is on none of the policy's queues (any more).</summary>
    private void Forget(Entry entry, CacheChangeKind kind, long now)
    {
        _map.Remove(entry);
        _bytes -= entry.Size;
        Unlink(entry);
        if (entry.Register is not null)
        {
            PartEvicted(entry, kind, now);
        }

        entry.Packed?.Drop();
        Changed(entry, entry.Expires <= now ? CacheChangeKind.Expired : kind, now);
    }

    private void DiscardAll(CacheChangeKind kind)
    {
        BreakFlights();
        AllChanged(kind, _clock.Now);
        _map.Clear();
        _policy.Clear();
        _first = _last = _hand = _hint = null;
        _nextExpiry = _roundExpiry = Never;
        _bytes = 0;
    }
}
