using McCache.Core;

namespace McCache.Client;

/// <summary>Asks for the digests.</summary>
[GenerateSerializer, Immutable, Alias("McCache.DigestRequest")]
internal sealed record DigestRequest : CacheRequest;

/// <summary>Asks for the registers of the keys whose hashes are in a range.</summary>
[GenerateSerializer, Immutable, Alias("McCache.StateRequest")]
internal sealed record StateRequest([property: Id(0)] ulong From, [property: Id(1)] ulong To) : CacheRequest;

/// <summary>Asks for the entries of some keys.</summary>
/// <param name="Keys">The keys, see <see cref="KeyCodec{TKey}"/>.</param>
[GenerateSerializer, Immutable, Alias("McCache.EntriesRequest")]
internal sealed record EntriesRequest([property: Id(0)] byte[][] Keys) : CacheRequest;

/// <summary>The digests of a replica, bucket by bucket.</summary>
/// <param name="Buckets">One for each bucket.</param>
/// <param name="IsPartial">It has evicted entries, so there is no use in comparing.</param>
[GenerateSerializer, Immutable, Alias("McCache.DigestAnswer")]
internal sealed record DigestAnswer([property: Id(0)] ulong[] Buckets, [property: Id(1)] bool IsPartial);

/// <summary>The registers of a range of keys, as of one moment.</summary>
/// <param name="To">The end of the range that the answer covers: what was asked for, or less.</param>
/// <param name="Floor">Nothing at or below this stamp can still come to the answerer: what is not mentioned and not newer has gone there.</param>
/// <param name="Clear">The newest clear.</param>
/// <param name="Tags">Removals by tag that are not forgotten yet.</param>
/// <param name="Keys">Every key of the range that the answerer knows something of.</param>
/// <param name="Evicted">The newest version that the answerer has evicted: what is not mentioned and not newer may have been. Default for none.</param>
/// <param name="Knows">For each member of whose changes the answerer lacks none: the stamp up to which it has them.</param>
[GenerateSerializer, Immutable, Alias("McCache.StateAnswer")]
internal sealed record StateAnswer(
    [property: Id(0)] ulong To,
    [property: Id(1)] long Floor,
    [property: Id(2)] CacheVersion Clear,
    [property: Id(3)] TagRemoval[] Tags,
    [property: Id(4)] WireKey[] Keys,
    [property: Id(5)] Knowledge[] Knows,
    [property: Id(6)] CacheVersion Evicted);

/// <summary>A removal by tag.</summary>
[GenerateSerializer, Immutable, Alias("McCache.TagRemoval")]
internal readonly record struct TagRemoval([property: Id(0)] string Tag, [property: Id(1)] CacheVersion Version);

/// <summary>The registers of one key.</summary>
[GenerateSerializer, Immutable, Alias("McCache.WireKey")]
internal readonly record struct WireKey(
    [property: Id(0)] byte[] Key, [property: Id(1)] KeyFate Fate, [property: Id(2)] CacheVersion Version, [property: Id(3)] long PlaceMajor, [property: Id(4)] ulong PlaceMinor);

/// <summary>How much of a member's changes somebody has.</summary>
[GenerateSerializer, Immutable, Alias("McCache.Knowledge")]
internal readonly record struct Knowledge([property: Id(0)] SiloAddress Silo, [property: Id(1)] long UpTo);

/// <summary>Entries that were asked for.</summary>
/// <param name="Done">How many of the keys are answered; the others were too many for one answer.</param>
/// <param name="Entries">Those of them that are held.</param>
[GenerateSerializer, Immutable, Alias("McCache.EntriesAnswer")]
internal sealed record EntriesAnswer([property: Id(0)] int Done, [property: Id(1)] WireVersioned[] Entries);

/// <summary>An entry with its version.</summary>
/// <param name="Version">The version of its value.</param>
/// <param name="Entry">The rest, see <see cref="WireEntry"/>.</param>
[GenerateSerializer, Immutable, Alias("McCache.WireVersioned")]
internal readonly record struct WireVersioned([property: Id(0)] CacheVersion Version, [property: Id(1)] byte[] Entry);

/// <summary>Asks for a part of a large value. The answer is the bytes; none when the asked one does not have that version.</summary>
/// <param name="Key">The key, see <see cref="KeyCodec{TKey}"/>.</param>
/// <param name="Version">The version of the value.</param>
/// <param name="Offset">Where the part begins.</param>
/// <param name="Count">Its length.</param>
[GenerateSerializer, Immutable, Alias("McCache.ChunkRequest")]
internal sealed record ChunkRequest(
    [property: Id(0)] byte[] Key, [property: Id(1)] CacheVersion Version, [property: Id(2)] long Offset, [property: Id(3)] int Count) : CacheRequest;
