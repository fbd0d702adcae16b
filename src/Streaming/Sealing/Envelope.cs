using System.Buffers.Binary;

namespace McCache.Streaming;

/// <summary>
/// What a sealed message looks like on the wire.
/// <code>
/// offset  size
///  0      1     1, the version of this layout
///  1      8     which secret, see <see cref="KeyRing"/>; little-endian like all numbers here
///  9      16    the channel: random, drawn by the sender for each destination and each life of it
/// 25      8     the number of the message on the channel, from 1
/// 33      n     the message, encrypted
/// 33 + n  16    tag
/// </code>
/// </summary>
internal readonly ref struct Envelope
{
    internal const byte Version = 1;
    internal const int HeaderLength = 33;
    internal const int TagLength = 16;
    internal const int Overhead = HeaderLength + TagLength;
    internal const int ChannelLength = 16;
    private const int KeyOffset = 1;
    private const int ChannelOffset = 9;
    private const int NumberOffset = 25;

    /// <summary>Channel and number of a message: what names it in its answer.</summary>
    internal static byte[] Question(byte[] envelope) => envelope[ChannelOffset..HeaderLength];

    internal ReadOnlySpan<byte> Header { get; private init; }

    internal ulong Key { get; private init; }

    internal ReadOnlySpan<byte> ChannelBytes => Header.Slice(ChannelOffset, ChannelLength);

    internal ulong Number { get; private init; }

    internal ReadOnlySpan<byte> Cipher { get; private init; }

    internal ReadOnlySpan<byte> Tag { get; private init; }

    internal static void WriteHeader(Span<byte> envelope, ulong key, ReadOnlySpan<byte> channel, ulong number)
    {
        envelope[0] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[KeyOffset..], key);
        channel.CopyTo(envelope[ChannelOffset..]);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[NumberOffset..], number);
    }

    /// <returns>False for bytes that are no envelope.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out Envelope envelope)
    {
        envelope = default;
        if (bytes.Length < Overhead || bytes[0] != Version)
            return false;
        envelope = new()
        {
            Header = bytes[..HeaderLength],
            Key = BinaryPrimitives.ReadUInt64LittleEndian(bytes[KeyOffset..]),
            Number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[NumberOffset..]),
            Cipher = bytes[HeaderLength..^TagLength],
            Tag = bytes[^TagLength..],
        };
        return true;
    }
}
