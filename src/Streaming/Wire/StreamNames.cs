using System.Buffers.Binary;
using System.IO.Hashing;

namespace McCache.Streaming;

/// <summary>
/// Stream identities as bytes: the length of the namespace (16 bits, little-endian), the namespace, the key. A name on the wire is looked up as it lies there, without
/// allocating; and unlike <see cref="StreamId"/> itself, it tells namespace "a", key "bc" from namespace "ab", key "c".
/// </summary>
internal sealed class StreamNames : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    internal const int MaxLength = ushort.MaxValue;
    private const int PrefixLength = sizeof(ushort);

    internal static readonly StreamNames Comparer = new();

    /// <exception cref="ArgumentException">The stream has no key, or namespace and key are too long together.</exception>
    internal static int GetLength(StreamId stream)
    {
        var length = PrefixLength + stream.FullKey.Length;
        return stream.Key.IsEmpty ? throw new ArgumentException("The stream has no key.", nameof(stream))
            : length > MaxLength ? throw new ArgumentException($"Namespace and key of a stream have at most {MaxLength - PrefixLength} bytes.", nameof(stream))
            : length;
    }

    internal static void Write(StreamId stream, Span<byte> name)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(name, (ushort)stream.Namespace.Length);
        stream.FullKey.Span.CopyTo(name[PrefixLength..]);
    }

    internal static byte[] Of(StreamId stream)
    {
        var name = new byte[GetLength(stream)];
        Write(stream, name);
        return name;
    }

    internal static bool IsWellFormed(ReadOnlySpan<byte> name)
        => name.Length is > PrefixLength and <= MaxLength && BinaryPrimitives.ReadUInt16LittleEndian(name) < name.Length - PrefixLength;

    /// <summary>The stream of a well-formed name.</summary>
    internal static StreamId ToStreamId(ReadOnlySpan<byte> name)
    {
        var split = PrefixLength + BinaryPrimitives.ReadUInt16LittleEndian(name);
        return StreamId.Create(name[PrefixLength..split], name[split..]);
    }

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
