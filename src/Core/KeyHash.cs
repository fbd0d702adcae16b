using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace McCache.Core;

/// <summary>The hash by which this process finds keys. Its low bits are good, and different in each process.</summary>
/// <remarks>
/// Texts of up to 16 characters: multiply-shift of 32-bit words with random 64-bit multipliers, which is strongly universal whoever chooses the texts, and which a processor computes all at once (Thorup, "High Speed
/// Hashing for Integers and Strings", 2015, section 3.4). Longer ones: XXH3 with a random seed. Either takes a third to a half of the time of <see cref="string.GetHashCode()"/>, which is Marvin32. Everything else: its own hash
/// code, multiplied by the golden ratio (Knuth, TAOCP 3, 6.4) and folded, so that regular keys spread.
/// </remarks>
internal static class KeyHash
{
    private const ulong GoldenRatio = 0x9E3779B97F4A7C15;

    private static readonly ulong s_length = NewSecret();
    private static readonly ulong s_low1 = NewSecret(), s_low2 = NewSecret(), s_low3 = NewSecret(), s_low4 = NewSecret();
    private static readonly ulong s_high1 = NewSecret(), s_high2 = NewSecret(), s_high3 = NewSecret(), s_high4 = NewSecret();

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
                sum += Multiply(Read<ulong>(ref bytes, 0), s_low1, s_high1) + Multiply(Read<ulong>(ref bytes, 8), s_low2, s_high2)
                    + Multiply(Read<ulong>(ref bytes, length - 16), s_low3, s_high3) + Multiply(Read<ulong>(ref bytes, length - 8), s_low4, s_high4);
                break;
            case >= 8:
                sum += Multiply(Read<ulong>(ref bytes, 0), s_low1, s_high1) + Multiply(Read<ulong>(ref bytes, length - 8), s_low2, s_high2);
                break;
            case >= 4:
                sum += (Read<uint>(ref bytes, 0) * s_low1) + (Read<uint>(ref bytes, length - 4) * s_low2);
                break;
            case > 0:
                sum += Read<char>(ref bytes, 0) * s_low1;
                break;
        }

        return (int)(sum >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Multiply(ulong words, ulong low, ulong high) => ((uint)words * low) + ((words >> 32) * high);

    /// <summary>The high bits of a product are the good ones.</summary>
    private static int Fold(ulong product) => (int)((product >> 32) ^ (product >> 47));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Read<T>(ref byte bytes, int position) => Unsafe.ReadUnaligned<T>(ref Unsafe.AddByteOffset(ref bytes, position));

    private static ulong NewSecret() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
