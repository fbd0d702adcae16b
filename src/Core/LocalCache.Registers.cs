namespace McCache.Core;

/// <remarks>
/// <para>In a replicating cache each key has two registers, and of each the later version holds: its value (or its removal), and its place. So it does not matter in which order members hear
/// of changes. Fills have none: no version, no digest, and nobody is told of them.</para>
/// <para>Registers of keys that are held hang on their entries; the others (removed, gone, or known by a move only) are kept until the floor has passed them, since nothing
/// at or below the floor can still arrive. A clear forgets all that is older at once; what is newer than it counts as having come in after it.</para>
/// <para>All registers with a version are on a list per bucket of hashes, and each bucket has a digest of what is held.</para>
/// <para>Everything here that is private is called under the writer lock.</para>
/// </remarks>
internal sealed partial class LocalCache<TKey, TValue>
{
    internal const int Buckets = 256;
    private const int MaxTagTombstones = 1_000;

    private readonly bool _replicates;
    private readonly Register?[] _buckets;
    private readonly ulong[] _digests;

    /// <summary>The registers of keys that are not held, and the same by age, with items that are out of date among them.</summary>
    private readonly Dictionary<TKey, Register> _absent = [];
    private readonly PriorityQueue<Register, CacheVersion> _byAge = new();
    private readonly Dictionary<string, CacheVersion> _removedTags = new(StringComparer.Ordinal);

    private CacheVersion _clear, _lastEvicted;

    /// <summary>The newest version of a key, and the newest removal of a tag, that was forgotten before its time: an older value whose key is unknown may be one that was removed.</summary>
    private CacheVersion _forgotten, _forgottenTag;
    private long _floor;
    private Entry? _hint;

    /// <summary>The most registers of keys that are not held.</summary>
    internal int MaxTombstones { get; init; } = 100_000;

    /// <summary>Nothing at or below this timestamp can still arrive, unless it comes late.</summary>
    internal long Floor => Volatile.Read(ref _floor);

    /// <summary>Whether entries have been evicted that no clear has taken away since: others may hold more.</summary>
    internal bool IsPartial
    {
        get
        {
            lock (_lock)
            {
                return _lastEvicted > _clear;
            }
        }
    }

    /// <summary>Raises the floor, never lowers it, and forgets what it has passed.</summary>
    internal void RaiseFloor(long floor)
    {
        lock (_lock)
        {
            if (floor <= _floor)
            {
                return;
            }

            Volatile.Write(ref _floor, floor);
            while (_byAge.TryPeek(out var register, out var age) && age.Timestamp <= floor)
            {
                _byAge.Dequeue();
                if (IsAbsent(register) && register.Age == age)
                {
                    Keep(register);
                }
            }

            foreach (var (tag, version) in _removedTags)
            {
                if (version.Timestamp <= floor)
                {
                    _removedTags.Remove(tag);
                }
            }
        }
    }

    /// <summary>The digests of all buckets: the same on members that hold the same keys, versions and places.</summary>
    internal ulong[] BucketDigests()
    {
        lock (_lock)
        {
            return [.. _digests];
        }
    }

    /// <summary>The digest of the whole cache.</summary>
    internal ulong ReplicaDigest
    {
        get
        {
            ulong digest = 0;
            foreach (ulong bucket in BucketDigests())
            {
                digest += bucket;
            }

            return digest;
        }
    }

    /// <summary>The entry of a key that is held, so neither a fill nor expired; what has expired leaves.</summary>
    private Entry? Held(TKey key, long now)
    {
        if (!_map.TryGetValue(key, out var entry) || entry.Register is null)
        {
            return null;
        }

        if (now < entry.Expires)
        {
            return entry;
        }

        Discard(entry, CacheChangeKind.Expired, now);
        return null;
    }

    private Register? AbsentRegister(TKey key) => _absent.GetValueOrDefault(key);

    private static bool IsPending(Register register) => register.Fate == KeyFate.Pending && register.Version != default;

    private bool IsAbsent(Register register) => register.Entry is null && AbsentRegister(register.Key) == register;

    /// <summary>Puts an entry in at its version, over an older one or a fill.</summary>
    private void Take(Entry entry, Register register, ulong hash, CacheVersion version, Place place)
    {
        if (register.Entry is { } old)
        {
            Digest(old, register, add: false);
            old.Register = null;
            place = Place.Later(place, old.Place);
        }
        else
        {
            _absent.Remove(register.Key);
            place = Place.Later(place, register.Place);
        }

        (register.Fate, register.Version, register.Entry) = (KeyFate.Held, version, entry);
        List(register, hash);
        entry.Register = register;
        entry.Place = Place.Later(place, AfterClear(hash));
        Digest(entry, register, add: true);
        Store(entry);
    }

    /// <summary>Takes the registers off an entry that is about to leave.</summary>
    private void Part(Entry entry, KeyFate fate, CacheVersion version, Place place = default)
    {
        var register = entry.Register!;
        Digest(entry, register, add: false);
        (entry.Register, register.Entry) = (null, null);
        (register.Fate, register.Version, register.Place) = (fate, version, Place.Later(entry.Place, place));
        Keep(register);
    }

    /// <summary>An entry leaves that no change has taken away.</summary>
    private void PartEvicted(Entry entry, CacheChangeKind kind, long now)
    {
        var version = entry.Register!.Version;
        if (kind != CacheChangeKind.Expired && now < entry.Expires && version > _lastEvicted)
        {
            _lastEvicted = version;
        }

        Part(entry, KeyFate.Gone, version);
    }

    /// <summary>Keeps what must still be known of a key that is not held: its version above floor and clear, and a place that may be later.</summary>
    private void Keep(Register register)
    {
        if (register.Fate == KeyFate.Pending && register.Version > _clear)
        {
            _absent[register.Key] = register; // for as long as the value is on the way, whatever the floor
            return;
        }

        if (register.Version.Timestamp <= _floor || register.Version <= _clear)
        {
            register.Version = default;
            Unlist(register);
            if (register.Place.Version.Timestamp <= _floor || register.Place.Version.Timestamp < _clear.Timestamp)
            {
                _absent.Remove(register.Key);
                return;
            }
        }

        _absent[register.Key] = register;
        if (_byAge.Count > (2 * _absent.Count) + 64)
        {
            _byAge.Clear();
            _byAge.EnqueueRange(_absent.Values.Select(other => (other, other.Age)));
        }
        else
        {
            _byAge.Enqueue(register, register.Age);
        }

        while (_absent.Count > MaxTombstones && _byAge.TryDequeue(out var oldest, out var age))
        {
            if (IsAbsent(oldest) && oldest.Age == age)
            {
                Unlist(oldest);
                _absent.Remove(oldest.Key);
                _forgottenTombstones++;
                _forgotten = oldest.Version > _forgotten ? oldest.Version : _forgotten;
            }
        }
    }

    /// <summary>Notes a place of a key that is not held.</summary>
    private void KeepPlace(TKey key, Place place)
    {
        if (AbsentRegister(key) is { } register)
        {
            if (place.Version > register.Place.Version)
            {
                bool ages = register.Version == default;
                register.Place = place;
                if (ages)
                {
                    Keep(register);
                }
            }
        }
        else if (place.Version.Timestamp > _floor && place.Version.Timestamp >= _clear.Timestamp)
        {
            Keep(new(key) { Fate = KeyFate.Gone, Place = place });
        }
    }

    /// <summary>The least place of an entry that is newer than the last clear: what was given before it does not count any more.</summary>
    private Place AfterClear(ulong hash) => _clear == default ? default : new(_clear.Timestamp, hash);

    /// <summary>Gives an entry a place, if it is a later one.</summary>
    private bool GivePlace(Entry entry, Place place)
    {
        if (place.Version <= entry.Place.Version)
        {
            return false;
        }

        var register = entry.Register!;
        Digest(entry, register, add: false);
        Unlink(entry);
        entry.Place = place;
        LinkByPlace(entry);
        Digest(entry, register, add: true);
        return true;
    }

    /// <summary>Links a new entry: where its place says, or behind all if it is a fill.</summary>
    private void LinkReplica(Entry entry)
    {
        if (entry.Register is null)
        {
            entry.Place = _last?.Place.Next ?? default;
            Link(_last, entry, null);
        }
        else
        {
            LinkByPlace(entry);
        }
    }

    /// <summary>Links an entry by its place. Almost always that is the end, an end of those moved to the front, or just behind the one linked before.</summary>
    private void LinkByPlace(Entry entry)
    {
        var place = entry.Place;
        Entry? previous;
        if (_first is null || place < _first.Place)
        {
            previous = null;
        }
        else
        {
            // From both sides at once: whichever is nearer.
            previous = _last!;
            var forward = _hint is { } hint && hint.Place <= place ? hint : _first;
            while (previous.Place > place)
            {
                if (forward.Next!.Place > place)
                {
                    previous = forward;
                    break;
                }

                previous = previous.Previous!;
                forward = forward.Next;
            }
        }

        Link(previous, entry, previous is null ? _first : previous.Next);
        _hint = entry;
        if (previous is { Register: null } fill && fill.Place == place)
        {
            Unlink(fill); // a fill's place is its own invention; it makes way
            LinkReplica(fill);
        }
    }

    private void DropFill(TKey key, CacheChangeKind kind, long now)
    {
        if (_map.TryGetValue(key, out var entry) && entry.Register is null)
        {
            Discard(entry, kind, now);
        }
    }

    private void DropFills()
    {
        long now = _clock.Now;
        for (var entry = _first; entry is not null;)
        {
            var next = entry.Next;
            if (entry.Register is null)
            {
                Discard(entry, CacheChangeKind.Invalidated, now);
            }

            entry = next;
        }
    }

    private void List(Register register, ulong hash)
    {
        if (register.IsListed)
        {
            return;
        }

        register.Hash = hash;
        register.IsListed = true;
        ref var head = ref _buckets[register.Bucket];
        register.Next = head;
        head?.Previous = register;
        head = register;
    }

    private void Unlist(Register register)
    {
        if (!register.IsListed)
        {
            return;
        }

        (register.Previous is null ? ref _buckets[register.Bucket] : ref register.Previous.Next) = register.Next;
        register.Next?.Previous = register.Previous;
        register.Previous = register.Next = null;
        register.IsListed = false;
    }

    private void Digest(Entry entry, Register register, bool add)
    {
        ulong digest = DigestOf(register.Hash, register.Version, entry.Place);
        _digests[register.Bucket] += add ? digest : 0 - digest;
    }

    private static ulong DigestOf(ulong hash, CacheVersion version, Place place)
    {
        ulong digest = Mix(hash);
        digest = Mix(digest + (ulong)version.Timestamp);
        digest = Mix(digest + version.Member);
        digest = Mix(digest + (ulong)place.Major);
        return Mix(digest + place.Minor);
    }

    /// <summary>The part of <see cref="Check"/> that is about registers.</summary>
    private void CheckRegisters()
    {
        int held = 0, listed = 0;
        for (var entry = _first; entry is not null; entry = entry.Next)
        {
            held += entry.Register is null ? 0 : 1;
            Require(entry.Register is null || (_replicates && entry.Register.Entry == entry && entry.Register is { IsListed: true, Fate: KeyFate.Held }), "an entry and its registers disagree");
            Require(entry.Register is null || entry.Register.Version > _clear, "an entry is older than the clear");
            Require(entry.Packed is null || entry.Register is not null, "a fill is packed");
        }

        for (int bucket = 0; bucket < _buckets.Length; bucket++)
        {
            ulong digest = 0;
            Register? previous = null;
            for (var register = _buckets[bucket]; register is not null; previous = register, register = register.Next)
            {
                Require(register.IsListed && register.Bucket == bucket && register.Previous == previous, "a bucket's links disagree");
                Require(register.Version != default, "a bucket lists what has no version");
                if (register.Entry is { } entry)
                {
                    Require(_map.TryGetValue(register.Key, out var current) && current == entry, "a bucket lists an entry that has gone");
                    Require(!_absent.ContainsKey(register.Key), "a key is held and absent");
                    digest += DigestOf(register.Hash, register.Version, entry.Place);
                    held--;
                }
                else
                {
                    Require(IsAbsent(register) && register.Fate != KeyFate.Held, "a bucket lists a register that has been forgotten");
                    listed++;
                }
            }

            Require(digest == _digests[bucket], "a bucket's digest is not that of its entries");
        }

        Require(held == 0, "an entry is on no bucket's list");
        Require(_absent.Values.Count(register => register.IsListed) == listed, "a register is on no bucket's list");
        Require(_absent.All(pair => pair.Value.Entry is null && pair.Value.IsListed == (pair.Value.Version != default)), "an absent key is held, or wrongly listed");
        Require(_absent.Values.All(register => IsPending(register) || register.Age.Timestamp > _floor && register.Age.Timestamp >= _clear.Timestamp), "something is remembered that could be forgotten");
        Require(_absent.Count <= MaxTombstones && _removedTags.Count <= MaxTagTombstones, "too much is remembered");
        var ages = _byAge.UnorderedItems.ToHashSet();
        Require(_absent.Values.All(register => IsPending(register) || ages.Contains((register, register.Age))), "an absent key would never be forgotten");
        Require(_byAge.Count <= (2 * MaxTombstones) + 66, "the ages have too many items");
        Require(_removedTags.Values.All(version => version.Timestamp > _floor), "a removed tag is remembered that could be forgotten");
    }
}
