namespace McCache.Core;

/// <summary>A place in the order, and the version that gave it. What came in or moved to the end sorts by version; what was moved to the front sorts before all of that, the later moved the earlier.</summary>
/// <remarks>An invalidating cache has no versions; its places are numbers (<see cref="Major"/>) that it counts by itself.</remarks>
internal readonly record struct Place(long Major, ulong Minor) : IComparable<Place>
{
    internal static Place AtEnd(CacheVersion version) => new(version.Timestamp, version.Member);

    internal static Place AtFront(CacheVersion version) => new(-version.Timestamp, ~version.Member);

    /// <summary>The version that gave the place; of two places of one key the one with the later version holds.</summary>
    internal CacheVersion Version => IsFront ? new(-Major, ~Minor) : new(Major, Minor);

    internal bool IsFront => Major < 0;

    /// <summary>The smallest place above this one.</summary>
    internal Place Next => new(Minor == ulong.MaxValue ? Major + 1 : Major, Minor + 1);

    /// <summary>Sorts the other way round.</summary>
    internal Place Mirrored => new(-Major, ~Minor);

    internal static Place Later(Place left, Place right) => right.Version > left.Version ? right : left;

    /// <inheritdoc/>
    public int CompareTo(Place other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public static bool operator <(Place left, Place right) => left.Major < right.Major || (left.Major == right.Major && left.Minor < right.Minor);

    public static bool operator >(Place left, Place right) => right < left;

    public static bool operator <=(Place left, Place right) => !(right < left);

    public static bool operator >=(Place left, Place right) => !(left < right);
}
