using System.Buffers.Binary;

namespace McCache.Streaming;

/// <summary>What a frame says.</summary>
internal enum FrameKind : byte
{
    /// <summary>An item of the stream; the payload is the item.</summary>
    Item = 1,

    /// <summary>The publisher has completed the stream; no payload.</summary>
    Completed = 2,

    /// <summary>The publisher reports an error; the payload is the exception.</summary>
    Error = 3,

    /// <summary>What a silo that died half-way had published, told on by one that had received it. For frame handlers only, who may have it already. The payload begins with <see cref="Origin"/>.</summary>
    Relayed = 4,

    /// <summary>Such a silo's frames were not kept: a gap of the stream, for its frame handler only. No payload.</summary>
    Lost = 5,

    /// <summary>A gap of the stream, between a gateway and its clients: for everybody who listens to it. No payload.</summary>
    Gap = 6,

    /// <summary>What was published here is superseded by a frame that comes later in the batch. No payload.</summary>
    Superseded = 7,

    /// <summary>The silo names the streams that it listens to, see <see cref="Topics"/>. The payload is the names.</summary>
    Topics = 8,
}

/// <summary>
/// One serialized item on its way out. The same bytes go to every lane.
/// <code>
/// offset  size
///  0      4     length of what follows, little-endian like all numbers here
///  4      8     number: counts the publisher's frames from 1, the same on all lanes
/// 12      8     stamp: the publisher's hybrid logical clock; grows with the number
/// 20      1     kind in the low 7 bits; the highest bit says that the publisher awaits its settling
/// 21      2     length of the name
/// 23      n     name of the stream, see <see cref="StreamNames"/>
/// 23 + n        payload, to the end
/// </code>
/// </summary>
internal sealed class Frame
{
    internal const int HeaderLength = 23;
    internal const int LengthSize = sizeof(int);
    internal const int NumberOffset = 4;
    internal const int StampOffset = 12;
    internal const int KindOffset = 20;
    internal const int NameLengthOffset = 21;
    internal const byte AwaitedBit = 0x80;

    private readonly int _nameLength;
    private long _supersededBy;

    internal Frame(FrameKind kind, bool awaited, StreamId stream, ReadOnlySpan<byte> payload)
        : this(kind, awaited, StreamNames.GetLength(stream), payload) => StreamNames.Write(stream, Bytes.AsSpan(HeaderLength, _nameLength));

    internal Frame(FrameKind kind, bool awaited, ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload)
        : this(kind, awaited, name.Length, payload) => name.CopyTo(Bytes.AsSpan(HeaderLength));

    private Frame(FrameKind kind, bool awaited, int nameLength, ReadOnlySpan<byte> payload)
    {
        _nameLength = nameLength;
        Bytes = GC.AllocateUninitializedArray<byte>(HeaderLength + nameLength + payload.Length);
        BinaryPrimitives.WriteInt32LittleEndian(Bytes, Bytes.Length - LengthSize);
        Bytes[KindOffset] = (byte)((byte)kind | (awaited ? AwaitedBit : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(NameLengthOffset), (ushort)nameLength);
        payload.CopyTo(Bytes.AsSpan(HeaderLength + nameLength));
        Kind = kind;
    }

    internal byte[] Bytes { get; }

    internal FrameKind Kind { get; }

    internal long Number => BinaryPrimitives.ReadInt64LittleEndian(Bytes.AsSpan(NumberOffset));

    internal long Stamp => BinaryPrimitives.ReadInt64LittleEndian(Bytes.AsSpan(StampOffset));

    internal ReadOnlySpan<byte> Name => Bytes.AsSpan(HeaderLength, _nameLength);

    internal bool IsAwaited => (Bytes[KindOffset] & AwaitedBit) != 0;

    internal ReadOnlyMemory<byte> Payload => Bytes.AsMemory(HeaderLength + _nameLength);

    /// <summary>Gives the frame its number and its stamp, once, before any lane has it.</summary>
    internal void SetNumber(long number, long stamp)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(NumberOffset), number);
        BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(StampOffset), stamp);
    }

    /// <summary>A later frame, which is on every lane that this one is on, says all that this one says and that matters; nobody waits for this one. Where both leave in one batch, the payload of this one stays here.</summary>
    /// <param name="number">The later frame's number.</param>
    internal void Supersede(long number) => Volatile.Write(ref _supersededBy, number);

    /// <summary>Writes the frame as it is sent.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="last">The number of the last frame of the batch.</param>
    /// <returns>The length, at most that of <see cref="Bytes"/>.</returns>
    internal int CopyTo(Span<byte> destination, long last)
    {
        if (Volatile.Read(in _supersededBy) is var later && (later == 0 || later > last))
        {
            Bytes.CopyTo(destination);
            return Bytes.Length;
        }

        var length = HeaderLength + _nameLength;
        Bytes.AsSpan(0, length).CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination, length - LengthSize);
        destination[KindOffset] = (byte)FrameKind.Superseded;
        return length;
    }
}

/// <summary>Who published a frame first, and when: what a relayed frame's payload begins with.</summary>
internal readonly record struct Origin(ulong Member, long Stamp)
{
    internal const int Length = 16;

    /// <summary>Takes the origin off a payload. False for bytes that are too short.</summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> payload, out Origin origin)
    {
        origin = default;
        if (payload.Length < Length)
            return false;
        origin = new(BinaryPrimitives.ReadUInt64LittleEndian(payload), BinaryPrimitives.ReadInt64LittleEndian(payload[sizeof(ulong)..]));
        payload = payload[Length..];
        return true;
    }

    internal byte[] Before(ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[Length + payload.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Member);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(sizeof(ulong)), Stamp);
        payload.CopyTo(bytes.AsSpan(Length));
        return bytes;
    }
}
