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

/// <summary>One serialized item on its way out. The same one is on every lane; <see cref="FrameWriter"/> packs it there.</summary>
internal sealed class Frame
{
    /// <summary>What a frame counts for in the bounds of a lane besides name and payload; in a batch it takes less.</summary>
    internal const int Overhead = 32;

    private readonly byte[] _payload;
    private long _supersededBy;

    internal Frame(FrameKind kind, bool awaited, StreamId stream, ReadOnlySpan<byte> payload)
        : this(kind, awaited, StreamNames.Of(stream), payload)
    {
    }

    internal Frame(FrameKind kind, bool awaited, ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload)
        : this(kind, awaited, name.ToArray(), payload)
    {
    }

    /// <param name="kind">What it says.</param>
    /// <param name="awaited">Whether the publisher awaits its settling.</param>
    /// <param name="name">The name of the stream, see <see cref="StreamNames"/>; kept, and never changed.</param>
    /// <param name="payload">What it carries; copied.</param>
    internal Frame(FrameKind kind, bool awaited, byte[] name, ReadOnlySpan<byte> payload)
    {
        (Kind, IsAwaited, Name) = (kind, awaited, name);
        _payload = payload.ToArray();
    }

    internal FrameKind Kind { get; }

    internal bool IsAwaited { get; }

    internal byte[] Name { get; }

    internal ReadOnlyMemory<byte> Payload => _payload;

    /// <summary>Counts the publisher's frames from 1, the same on all lanes.</summary>
    internal long Number { get; private set; }

    /// <summary>The publisher's hybrid logical clock; grows with the number.</summary>
    internal long Stamp { get; private set; }

    /// <summary>What it counts for in the bounds of a lane.</summary>
    internal int Size => Overhead + Name.Length + _payload.Length;

    /// <summary>Gives the frame its number and its stamp, once, before any lane has it.</summary>
    internal void SetNumber(long number, long stamp) => (Number, Stamp) = (number, stamp);

    /// <summary>A later frame, which is on every lane that this one is on, says all that this one says and that matters; nobody waits for this one. Where both leave in one batch, the payload of this one stays here.</summary>
    /// <param name="number">The later frame's number.</param>
    internal void Supersede(long number) => Volatile.Write(ref _supersededBy, number);

    /// <summary>Whether it is superseded by a frame that leaves with it.</summary>
    /// <param name="last">The number of the last frame of the batch.</param>
    internal bool IsSuperseded(long last) => Volatile.Read(in _supersededBy) is var later && later != 0 && later <= last;
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
