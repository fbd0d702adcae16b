using System.Buffers.Binary;
using System.Collections.Frozen;

namespace McCache.Streaming;

/// <summary>
/// The streams that a silo listens to, as it tells the others: for each its name's length (16 bits, little-endian), and its name. Whoever has been told sends it nothing of other streams; a silo
/// that says nothing, or other bytes, gets everything.
/// </summary>
internal static class Topics
{
    /// <summary>A silo that listens to more gets everything.</summary>
    internal const int MaxCount = 1_024;

    private const int MaxBytes = 16 * 1024; // a quarter of the smallest lane

    /// <summary>What the frames that tell it are called, as if they were of a stream: they go on every lane.</summary>
    internal static ReadOnlySpan<byte> FrameName => [0, 0, 0];

    /// <summary>Whether they are few enough to be told.</summary>
    internal static bool Fit(IReadOnlyCollection<byte[]> names) => names.Count <= MaxCount && GetLength(names) <= MaxBytes;

    internal static byte[] Write(IReadOnlyCollection<byte[]> names)
    {
        var bytes = new byte[GetLength(names)];
        var rest = bytes.AsSpan();
        foreach (var name in names)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)name.Length);
            name.CopyTo(rest[sizeof(ushort)..]);
            rest = rest[(sizeof(ushort) + name.Length)..];
        }

        return bytes;
    }

    /// <returns>Null for bytes that are not names, or too many.</returns>
    internal static FrozenSet<byte[]>? Read(ReadOnlySpan<byte> bytes)
    {
        var names = new HashSet<byte[]>(StreamNames.Comparer);
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16LittleEndian(bytes) is var length && length > bytes.Length - sizeof(ushort) || names.Count == MaxCount)
                return null;
            names.Add(bytes.Slice(sizeof(ushort), length).ToArray());
            bytes = bytes[(sizeof(ushort) + length)..];
        }

        return names.ToFrozenSet(StreamNames.Comparer);
    }

    private static int GetLength(IEnumerable<byte[]> names) => names.Sum(name => sizeof(ushort) + name.Length);
}
