using McCache.Core;

namespace McCache.Client;

/// <summary>A value as it came, in one piece.</summary>
internal sealed class SmallPackedValue<TValue>(Codec<TValue> codec, byte[] bytes) : PackedValue<TValue>
{
    internal ReadOnlyMemory<byte> Bytes => bytes;

    internal override long Length => bytes.Length;

    internal override TValue Unpack() => codec.Read(bytes)!;
}

/// <summary>A large value as it came, in many.</summary>
internal sealed class LargePackedValue<TValue>(Codec<TValue> codec, LargeValue value, Descriptor descriptor) : PackedValue<TValue>
{
    internal LargeValue Value => value;

    internal Descriptor Descriptor => descriptor;

    internal override long Length => value.Length;

    internal override TValue Unpack() => codec.Read(value.AsSequence())!;

    internal override void Release() => value.Release();
}
