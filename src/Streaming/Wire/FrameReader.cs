namespace McCache.Streaming;

/// <summary>A frame as it lies in a batch.</summary>
internal readonly ref struct FrameView
{
    internal long Number { get; init; }

    internal long Stamp { get; init; }

    /// <summary>Any value from 0 to 63: a newer publisher may send kinds that this member does not know.</summary>
    internal FrameKind Kind { get; init; }

    internal bool IsAwaited { get; init; }

    internal ReadOnlySpan<byte> Name { get; init; }

    internal ReadOnlySpan<byte> Payload { get; init; }

    /// <inheritdoc cref="Frame.Size"/>
    internal long Size => Frame.Overhead + Name.Length + (long)Payload.Length;
}

/// <summary>Reads what <see cref="FrameWriter"/> has packed, one frame after another. Takes any bytes whatever: throws nothing, allocates nothing.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;
    private ReadOnlySpan<byte> _name;
    private long _number;
    private long _stamp;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    /// <returns>False when what is left is no frame. Nothing behind it can be read then.</returns>
    internal bool TryRead(out FrameView frame)
    {
        frame = default;
        if (_rest.IsEmpty)
            return false;
        var kind = _rest[0];
        var rest = _rest[1..];
        var name = _name;
        if (!VarInt.TryRead(ref rest, out var number) || !VarInt.TryRead(ref rest, out var stamp))
            return false;
        if ((kind & FrameWriter.SameStreamBit) == 0 && !TryRead(ref rest, out name))
            return false;
        if (!StreamNames.IsWellFormed(name) || !TryRead(ref rest, out var payload))
            return false;
        unchecked
        {
            _number += VarInt.Unfold(number) + 1;
            _stamp += VarInt.Unfold(stamp);
        }

        _rest = rest;
        _name = name;
        frame = new FrameView
        {
            Number = _number,
            Stamp = _stamp,
            Kind = (FrameKind)(kind & FrameWriter.KindMask),
            IsAwaited = (kind & FrameWriter.AwaitedBit) != 0,
            Name = name,
            Payload = payload,
        };
        return true;
    }

    private static bool TryRead(scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (!VarInt.TryRead(ref bytes, out var length) || length > (ulong)bytes.Length)
            return false;
        part = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return true;
    }
}
