using CsCheck;

namespace McCache.Streaming.Tests;

/// <summary>Integers of any size in as few bytes as they need.</summary>
public sealed class VarIntTests
{
    [Fact]
    public void Every_length_is_written_as_counted_and_read_again()
    {
        for (var bit = 0; bit < 64; bit++)
        {
            foreach (var value in new[] { 1UL << bit, (1UL << bit) - 1, ulong.MaxValue >> bit })
                Check(value);
        }
    }

    [Fact]
    public void Any_number_is_written_as_counted_and_read_again() => Gen.ULong.Sample(Check);

    [Fact]
    public void Small_differences_are_short_whatever_their_sign()
    {
        Assert.Equal([0UL, 1UL, 2UL, 3UL, 4UL], new long[] { 0, -1, 1, -2, 2 }.Select(VarInt.Fold));
        Gen.OneOf(Gen.Long, Gen.Const(long.MinValue), Gen.Const(long.MaxValue)).Sample(value => VarInt.Unfold(VarInt.Fold(value)) == value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("ffffffffffffffffff02")] // 65 bits
    [InlineData("ffffffffffffffffffff01")] // 11 bytes
    public void What_is_no_integer_is_refused_and_nothing_is_taken(string hex)
    {
        ReadOnlySpan<byte> bytes = Convert.FromHexString(hex);
        var rest = bytes;
        Assert.False(VarInt.TryRead(ref rest, out _));
        Assert.True(rest == bytes);
    }

    private static void Check(ulong value)
    {
        Span<byte> bytes = stackalloc byte[VarInt.MaxLength];
        var length = VarInt.Write(bytes, value);
        Assert.Equal(VarInt.GetLength(value), length);
        ReadOnlySpan<byte> rest = bytes;
        Assert.True(VarInt.TryRead(ref rest, out var read));
        Assert.Equal((value, VarInt.MaxLength - length), (read, rest.Length));
    }
}
