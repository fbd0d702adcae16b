using System.Buffers;

namespace McCache.Streaming;

/// <summary>
/// Packs frames, each after the one before. What a frame shares with that is left out, and numbers are written as what they are more: a small change takes some five bytes besides itself. All integers are <see cref="VarInt"/>s.
/// <code>
/// 1 byte      kind; 0x80: the publisher awaits its settling; 0x40: it is of the same stream as the frame before
/// integer     number, less that of the frame before and one; folded
/// integer     stamp, less that of the frame before; folded
/// integer, n  length of the name of the stream, and the name, see <see cref="StreamNames"/>; not with 0x40
/// integer, n  length of the payload, and the payload
/// </code>
/// Before the first frame number and stamp are 0. Differences wrap around: any numbers can be told.
/// </summary>
internal ref struct FrameWriter(Span<byte> destination)
{
    internal const byte AwaitedBit = 0x80;
    internal const byte SameStreamBit = 0x40;
    internal const byte KindMask = SameStreamBit - 1;

    private readonly Span<byte> _destination = destination;
    private Frame? _before;

    internal int Written { get; private set; }

    /// <summary>How many bytes a frame takes behind another.</summary>
    internal static int GetLength(Frame? before, Frame frame)
        => 1 + VarInt.GetLength(FoldNumber(before, frame)) + VarInt.GetLength(FoldStamp(before, frame))
            + (IsSameStream(before, frame) ? 0 : VarInt.GetLength((ulong)frame.Name.Length) + frame.Name.Length)
            + VarInt.GetLength((ulong)frame.Payload.Length) + frame.Payload.Length;

    /// <summary>Packs the frames of a batch.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="maxLength">They take no more bytes.</param>
    /// <param name="last">See <see cref="Write(Frame, long)"/>.</param>
    internal static byte[] Pack(ReadOnlySpan<Frame> frames, int maxLength, long last = 0)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(maxLength);
        var writer = new FrameWriter(buffer.AsSpan(0, maxLength));
        foreach (var frame in frames)
            writer.Write(frame, last);
        var bytes = buffer.AsSpan(0, writer.Written).ToArray();
        ArrayPool<byte>.Shared.Return(buffer);
        return bytes;
    }

    /// <param name="frame">The frame. If it is superseded by one that is in the batch, its payload is left out.</param>
    /// <param name="last">The number of the last frame of the batch; 0 where numbers are of several publishers, and nothing is left out.</param>
    internal void Write(Frame frame, long last)
    {
        var isSuperseded = frame.IsSuperseded(last);
        var isSameStream = IsSameStream(_before, frame);
        var kind = isSuperseded ? FrameKind.Superseded : frame.Kind;
        _destination[Written++] = (byte)((byte)kind | (frame.IsAwaited ? AwaitedBit : 0) | (isSameStream ? SameStreamBit : 0));
        Write(FoldNumber(_before, frame));
        Write(FoldStamp(_before, frame));
        if (!isSameStream)
            Write(frame.Name);
        Write(isSuperseded ? [] : frame.Payload.Span);
        _before = frame;
    }

    private static bool IsSameStream(Frame? before, Frame frame) => before is not null && frame.Name.AsSpan().SequenceEqual(before.Name);

    private static ulong FoldNumber(Frame? before, Frame frame) => VarInt.Fold(unchecked(frame.Number - (before?.Number ?? 0) - 1));

    private static ulong FoldStamp(Frame? before, Frame frame) => VarInt.Fold(unchecked(frame.Stamp - (before?.Stamp ?? 0)));

    private void Write(ulong value) => Written += VarInt.Write(_destination[Written..], value);

    private void Write(ReadOnlySpan<byte> bytes)
    {
        Write((ulong)bytes.Length);
        bytes.CopyTo(_destination[Written..]);
        Written += bytes.Length;
    }
}
