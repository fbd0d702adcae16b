using System.Buffers.Binary;
using System.Text;
using McCache.Core;

namespace McCache.Client;

/// <summary>What a cache frame tells the other members to do.</summary>
internal enum CacheOperation : byte
{
    /// <summary>Drop the copy of a key.</summary>
    Remove = 1,

    /// <summary>Drop the copies of all keys that carry a tag.</summary>
    RemoveByTag = 2,

    /// <summary>Drop everything.</summary>
    Clear = 3,

    /// <summary>Take a value. In replicated caches only, like the following.</summary>
    Set = 4,

    /// <summary>Move a key to the end of the order.</summary>
    MoveToLast = 5,

    /// <summary>Move a key to the front of the order.</summary>
    MoveToFirst = 6,
}

/// <summary>The layout of a cache frame's payload. Its version is the frame's stamp and the publisher.</summary>
/// <remarks>
/// <code>
/// byte  0      operation
/// bytes 1-     Remove, MoveToLast, MoveToFirst: the key, see <see cref="KeyCodec{TKey}"/>; RemoveByTag: the tag, UTF-8; Clear: nothing; Set: see <see cref="WireEntry"/>
/// </code>
/// </remarks>
internal static class CacheFrame
{
    internal const int HeaderSize = 1;

    /// <summary>What a key or a tag may take on the wire. Far below what any lane holds, so that a frame that was made can be sent.</summary>
    internal const int MaxNameBytes = 32 * 1024;

    /// <summary>Refuses what is not well-formed, which no encoding carries unchanged.</summary>
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static void CheckSize(long size, string what)
    {
        if (size > MaxNameBytes)
            throw new ArgumentException($"The {what} takes {size} bytes; it may take at most {MaxNameBytes}. Nothing was changed.", what);
    }

    internal static void WriteHeader(OutgoingChange change, CacheOperation operation)
    {
        change.GetSpan(HeaderSize)[0] = (byte)operation;
        change.Advance(HeaderSize);
    }

    /// <summary>Reads the key of a value that is set or removed. False for whatever else a member of this process has written.</summary>
    internal static bool TryReadKey(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> key)
    {
        key = default;
        if ((CacheOperation)payload[0] == CacheOperation.Remove)
            key = payload[HeaderSize..];
        else if ((CacheOperation)payload[0] == CacheOperation.Set)
            key = WireEntry.ReadKey(payload[HeaderSize..]);
        else
            return false;
        return true;
    }

    /// <summary>Reads the header. False for bytes that no writer of this format wrote; never throws.</summary>
    internal static bool TryReadHeader(ReadOnlySpan<byte> payload, out CacheOperation operation, out ReadOnlySpan<byte> body)
    {
        operation = default;
        body = default;
        if (payload.Length < HeaderSize)
            return false;
        operation = (CacheOperation)payload[0];
        body = payload[HeaderSize..];
        return operation switch
        {
            CacheOperation.Remove or CacheOperation.MoveToLast or CacheOperation.MoveToFirst => true,
            CacheOperation.RemoveByTag => body.Length > 0,
            CacheOperation.Set => body.Length >= WireEntry.HeaderSize,
            CacheOperation.Clear => body.Length == 0,
            _ => false,
        };
    }
}

/// <summary>An entry as it travels, in a frame and in the answer to a question for values.</summary>
/// <remarks>
/// <code>
/// offset  size
///  0      16    place: two numbers, see <see cref="Core.Place"/>; zeros for the end, by the entry's own version
/// 16       8    time left to live in milliseconds, counted from the receipt; the largest number for ever
/// 24       8    the size that the writer declared; 0 for none
/// 32       1    tags
/// 33       1    1 when the content is a descriptor (see <see cref="Descriptor"/>), else 0
/// 34       4    length of the key
/// 38       n    the key, see <see cref="KeyCodec{TKey}"/>; then each tag: length (16 bits), UTF-8; then the content: the value, by Orleans' serializer
/// </code>
/// </remarks>
internal readonly ref struct WireEntry
{
    internal const int HeaderSize = 38;
    internal const int LargeOffset = 33;
    private const int TermsOffset = 16;
    private const int KeyLengthOffset = 34;

    internal Place Place { get; private init; }

    internal EntryTerms Terms { get; private init; }

    internal bool IsLarge { get; private init; }

    internal ReadOnlySpan<byte> Key { get; private init; }

    internal ReadOnlySpan<byte> Content { get; private init; }

    /// <summary>Writes everything before the content, and notes the hash of the key.</summary>
    internal static void Write<TKey>(OutgoingChange buffer, Place place, in EntryTerms terms, KeyCodec<TKey> codec, TKey key)
        where TKey : notnull
    {
        var start = buffer.Written.Length;
        var header = buffer.GetSpan(HeaderSize)[..HeaderSize];
        BinaryPrimitives.WriteInt64LittleEndian(header, place.Major);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], place.Minor);
        BinaryPrimitives.WriteInt64LittleEndian(header[TermsOffset..], terms.TimeToLive);
        BinaryPrimitives.WriteInt64LittleEndian(header[(TermsOffset + 8)..], terms.Size ?? 0);
        header[32] = (byte)terms.Tags.Length;
        header[LargeOffset] = 0;
        buffer.Advance(HeaderSize);
        codec.Write(buffer, key);
        var keyLength = buffer.Written.Length - start - HeaderSize;
        buffer.Patch(start + KeyLengthOffset, keyLength);
        buffer.HashKey(start + HeaderSize);
        foreach (var tag in terms.Tags)
        {
            var length = CacheFrame.Utf8.GetByteCount(tag);
            var bytes = buffer.GetSpan(sizeof(ushort) + length);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)length));
            CacheFrame.Utf8.GetBytes(tag, bytes[sizeof(ushort)..]);
            buffer.Advance(sizeof(ushort) + length);
        }
    }

    /// <summary>The key of an entry that this process has written.</summary>
    internal static ReadOnlySpan<byte> ReadKey(ReadOnlySpan<byte> bytes) => bytes.Slice(HeaderSize, BinaryPrimitives.ReadInt32LittleEndian(bytes[KeyLengthOffset..]));

    /// <summary>Reads an entry. False, or an exception of the text decoder, for bytes that no writer of this format wrote.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out WireEntry entry)
    {
        entry = default;
        if (bytes.Length < HeaderSize)
            return false;
        var place = new Place(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        var timeToLive = BinaryPrimitives.ReadInt64LittleEndian(bytes[TermsOffset..]);
        var size = BinaryPrimitives.ReadInt64LittleEndian(bytes[(TermsOffset + 8)..]);
        int tagCount = bytes[32];
        var keyLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[KeyLengthOffset..]);
        var rest = bytes[HeaderSize..];
        if (timeToLive <= 0 || (timeToLive != long.MaxValue && timeToLive > EntryTerms.MaxTimeToLive) || size < 0 || tagCount > EntryTerms.MaxTags || bytes[LargeOffset] > 1 || keyLength < 0 || keyLength > rest.Length
            || place.Major == long.MinValue)
            return false;
        var key = rest[..keyLength];
        rest = rest[keyLength..];
        var tags = tagCount == 0 ? [] : new string[tagCount];
        for (var i = 0; i < tags.Length; i++)
        {
            if (rest.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16LittleEndian(rest) is var length && length > rest.Length - sizeof(ushort))
                return false;
            tags[i] = CacheFrame.Utf8.GetString(rest.Slice(sizeof(ushort), length));
            rest = rest[(sizeof(ushort) + length)..];
        }

        entry = new WireEntry { Place = place, Terms = new(timeToLive, tags, size == 0 ? null : size), IsLarge = bytes[LargeOffset] == 1, Key = key, Content = rest };
        return !entry.IsLarge || rest.Length == Descriptor.Size;
    }
}

/// <summary>What travels instead of a large value: its length and its hash.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Hash">XxHash128 of the bytes.</param>
internal readonly record struct Descriptor(long Length, UInt128 Hash)
{
    internal const int Size = 24;

    internal void Write(OutgoingChange buffer)
    {
        var bytes = buffer.GetSpan(Size);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Length);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[sizeof(long)..], Hash);
        buffer.Advance(Size);
    }

    internal static Descriptor Read(ReadOnlySpan<byte> content)
        => new(BinaryPrimitives.ReadInt64LittleEndian(content), BinaryPrimitives.ReadUInt128LittleEndian(content[sizeof(long)..]));
}
