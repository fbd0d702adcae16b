using System.Buffers.Binary;

namespace McCache.Streaming;

/// <summary>A frame as it lies in a batch.</summary>
internal readonly ref struct FrameView
{
    internal long Number { get; init; }

    internal long Stamp { get; init; }

    /// <summary>Any value from 0 to 127: a newer publisher may send kinds that this member does not know.</summary>
    internal FrameKind Kind { get; init; }

    internal bool IsAwaited { get; init; }

    internal ReadOnlySpan<byte> Name { get; init; }

    internal ReadOnlySpan<byte> Payload { get; init; }
}

/// <summary>Reads frames one after another. Takes any bytes whatever: throws nothing, allocates nothing.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    /// <returns>False when what is left is no frame. Nothing behind it can be read then.</returns>
    internal bool TryRead(out FrameView frame)
    {
        frame = default;
        if (_rest.Length < Frame.HeaderLength)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        if (length < Frame.HeaderLength - Frame.LengthSize || length > _rest.Length - Frame.LengthSize)
            return false;
        var bytes = _rest[..(Frame.LengthSize + length)];
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[Frame.NameLengthOffset..]);
        if (nameLength > bytes.Length - Frame.HeaderLength || !StreamNames.IsWellFormed(bytes.Slice(Frame.HeaderLength, nameLength)))
            return false;
        var kind = bytes[Frame.KindOffset];
        frame = new FrameView
        {
            Number = BinaryPrimitives.ReadInt64LittleEndian(bytes[Frame.NumberOffset..]),
            Stamp = BinaryPrimitives.ReadInt64LittleEndian(bytes[Frame.StampOffset..]),
            Kind = (FrameKind)(kind & ~Frame.AwaitedBit),
            IsAwaited = (kind & Frame.AwaitedBit) != 0,
            Name = bytes.Slice(Frame.HeaderLength, nameLength),
            Payload = bytes[(Frame.HeaderLength + nameLength)..],
        };
        _rest = _rest[bytes.Length..];
        return true;
    }
}
