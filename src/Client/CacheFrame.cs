using System.Buffers.Binary;

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
}

/// <summary>The layout of a cache frame's payload.</summary>
/// <remarks>
/// <code>
/// byte  0      operation
/// bytes 1-8    timestamp of the write: the publisher's hybrid logical clock, little endian
/// bytes 9-     Remove: the key, by Orleans' serializer; RemoveByTag: the tag, UTF-8; Clear: nothing
/// </code>
/// </remarks>
internal static class CacheFrame
{
    internal const int HeaderSize = 9;

    internal static void WriteHeader(FrameBuffer buffer, CacheOperation operation, long timestamp)
    {
        var header = buffer.GetSpan(HeaderSize);
        header[0] = (byte)operation;
        BinaryPrimitives.WriteInt64LittleEndian(header[1..], timestamp);
        buffer.Advance(HeaderSize);
    }

    /// <summary>Reads the header. False for bytes that no writer of this format wrote; never throws.</summary>
    internal static bool TryReadHeader(ReadOnlySpan<byte> payload, out CacheOperation operation, out long timestamp, out ReadOnlySpan<byte> body)
    {
        operation = default;
        timestamp = 0;
        body = default;
        if (payload.Length < HeaderSize)
            return false;
        operation = (CacheOperation)payload[0];
        timestamp = BinaryPrimitives.ReadInt64LittleEndian(payload[1..]);
        body = payload[HeaderSize..];
        return timestamp >= 0 && operation switch
        {
            CacheOperation.Remove or CacheOperation.RemoveByTag => body.Length > 0,
            CacheOperation.Clear => body.Length == 0,
            _ => false,
        };
    }
}
