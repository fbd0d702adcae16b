using System.Numerics;

namespace McCache.Streaming;

/// <summary>Integers in as few bytes as they need, seven bits a byte, the lowest first; signed ones folded, so that small differences are short. As in Protocol Buffers (Encoding, "Base 128 Varints").</summary>
internal static class VarInt
{
    private const int BitsPerByte = 7;
    private const byte More = 1 << BitsPerByte;

    /// <summary>The longest.</summary>
    internal const int MaxLength = 10;

    /// <summary>… → 3, 1, 0, 2, 4 → …: the sign is the lowest bit.</summary>
    internal static ulong Fold(long value) => (ulong)((value << 1) ^ (value >> 63));

    internal static long Unfold(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    internal static int GetLength(ulong value) => (BitOperations.Log2(value | 1) + BitsPerByte) / BitsPerByte;

    /// <returns>How many bytes it took.</returns>
    internal static int Write(Span<byte> destination, ulong value)
    {
        var length = 0;
        for (; value >= More; value >>= BitsPerByte)
            destination[length++] = (byte)(value | More);
        destination[length] = (byte)value;
        return length + 1;
    }

    /// <summary>Takes one off the bytes.</summary>
    /// <returns>False when there is none, or it is larger than 64 bits.</returns>
    internal static bool TryRead(scoped ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length && i < MaxLength; i++)
        {
            var next = bytes[i];
            if (i == MaxLength - 1 && next > 1)
                return false;
            value |= (ulong)(next & ~More) << (i * BitsPerByte);
            if (next < More)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
