using System.Buffers.Binary;

namespace McCache.Bench.Large;

/// <summary>Values under measurement: the number of the round, then bytes that do not compress.</summary>
internal static class Values
{
    public static byte[] Make(long bytes, long round)
    {
        var value = GC.AllocateUninitializedArray<byte>((int)bytes);
        new Random((int)round).NextBytes(value);
        BinaryPrimitives.WriteInt64LittleEndian(value, round);
        return value;
    }

    public static bool Is(byte[] value, long bytes, long round) => value.Length == bytes && BinaryPrimitives.ReadInt64LittleEndian(value) == round;
}
