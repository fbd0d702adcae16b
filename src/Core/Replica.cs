namespace McCache.Core;

/// <summary>What has become of a key.</summary>
internal enum KeyFate : byte
{
    /// <summary>It is here.</summary>
    Held,

    /// <summary>It was removed by a verb.</summary>
    Removed,

    /// <summary>It was evicted, has expired or is too large here; others may hold it.</summary>
    Gone,

    /// <summary>Its value is on the way. Told to others as <see cref="Gone"/>.</summary>
    Pending,

    /// <summary>It has not been here. Another has told that it has had it, and it is taken from whoever holds it. Told to others as <see cref="Gone"/>.</summary>
    Elsewhere,
}

/// <summary>What came of a change that another member told.</summary>
internal enum Merge : byte
{
    /// <summary>It was applied.</summary>
    Taken,

    /// <summary>Exactly this version, or a removal at it, is here already.</summary>
    Known,

    /// <summary>Something newer is here.</summary>
    Overruled,

    /// <summary>It came late and is at or below the floor, or moves what is not here.</summary>
    Ignored,
}

/// <summary>One key's registers as they travel in a reconciliation.</summary>
internal readonly record struct KeyState<TKey>(TKey Key, ulong Hash, KeyFate Fate, CacheVersion Version, Place Place);

/// <summary>All registers of the keys with hashes in a range, at one moment.</summary>
/// <param name="From">The lowest hash of the range.</param>
/// <param name="To">The highest; the next page begins behind it.</param>
/// <param name="Floor">The floor of that moment.</param>
/// <param name="Clear">The latest clear; default for none.</param>
/// <param name="Tags">The removals by tag above the floor.</param>
/// <param name="Keys">The keys, by hash.</param>
/// <param name="Evicted">The newest version that was evicted: what is missing may have been if it is not newer. Default for none.</param>
internal sealed record StatePage<TKey>(
    ulong From, ulong To, long Floor, CacheVersion Clear, (string Tag, CacheVersion Version)[] Tags, IReadOnlyList<KeyState<TKey>> Keys, CacheVersion Evicted);

/// <summary>What a reconciliation did.</summary>
/// <param name="Wanted">The keys of which the other side has a value that is needed here.</param>
/// <param name="Dropped">Entries dropped because the other side must have seen them go.</param>
/// <param name="Removed">Removals taken over.</param>
/// <param name="Moved">Places taken over.</param>
internal readonly record struct Reconciled<TKey>(List<TKey> Wanted, int Dropped, int Removed, int Moved);

/// <summary>An entry as it can be sent to another member.</summary>
/// <param name="Key">The key.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Version">The version of its value.</param>
/// <param name="Place">Its place.</param>
/// <param name="Terms">Its terms, with the time that remains, and the size that was declared.</param>
/// <param name="Value">The value, if it is not packed.</param>
/// <param name="Packed">The packed value, held for the caller, who lets it go (<see cref="PackedValue{TValue}.LetGo"/>); null if the value has been unpacked.</param>
internal readonly record struct EntrySnapshot<TKey, TValue>(
    TKey Key, ulong Hash, CacheVersion Version, Place Place, EntryTerms Terms, TValue? Value, PackedValue<TValue>? Packed);
