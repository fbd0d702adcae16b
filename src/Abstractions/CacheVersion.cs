namespace McCache;

/// <summary>The version of a write: a reading of a hybrid logical clock, and the member that wrote. Totally ordered; causally later is larger.</summary>
/// <remarks>Kulkarni et al., "Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases", 2014.</remarks>
/// <param name="Timestamp">48 bits of Unix time in milliseconds above 16 bits of logical counter.</param>
/// <param name="Member">The random identity of the writing member's incarnation; breaks ties.</param>
[GenerateSerializer, Immutable, Alias("McCache.CacheVersion")]
public readonly record struct CacheVersion([property: Id(0)] long Timestamp, [property: Id(1)] ulong Member) : IComparable<CacheVersion>
{
    /// <summary>The wall-clock part of the timestamp, to the millisecond.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(Timestamp >> 16);

    /// <inheritdoc/>
    public int CompareTo(CacheVersion other)
        => Timestamp != other.Timestamp ? Timestamp.CompareTo(other.Timestamp) : Member.CompareTo(other.Member);

    /// <summary>Whether the left version is older.</summary>
    public static bool operator <(CacheVersion left, CacheVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left version is newer.</summary>
    public static bool operator >(CacheVersion left, CacheVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left version is not newer.</summary>
    public static bool operator <=(CacheVersion left, CacheVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left version is not older.</summary>
    public static bool operator >=(CacheVersion left, CacheVersion right) => left.CompareTo(right) >= 0;
}
