using System.Buffers;
using System.IO.Hashing;

namespace McCache.Client;

/// <summary>Serialized bytes in pooled segments. Owners are counted; the last one to <see cref="Release"/> gives the segments back.</summary>
/// <remarks>Filled by one writer at a time, then read by any number. Grows as bytes come, so an announced length allocates nothing.</remarks>
internal sealed class LargeValue : IBufferWriter<byte>
{
    private const int MinSegmentBytes = 4 * 1024;
    private const int MaxSegmentBytes = 1024 * 1024;

    private readonly List<(byte[] Bytes, long Start)> _segments = [];
    private int _owners = 1;

    /// <summary>Bytes written.</summary>
    internal long Length { get; private set; }

    /// <summary>The descriptor of what has been written.</summary>
    internal Descriptor Describe()
    {
        var hash = new XxHash128();
        foreach (var segment in AsSequence())
            hash.Append(segment.Span);
        return new(Length, hash.GetCurrentHashAsUInt128());
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_segments.Count == 0 || Room() < Math.Max(1, sizeHint))
            _segments.Add((ArrayPool<byte>.Shared.Rent((int)Math.Max(sizeHint, Math.Clamp(Length, MinSegmentBytes, MaxSegmentBytes))), Length)); // doubles, up to a limit
        var (bytes, start) = _segments[^1];
        return bytes.AsMemory((int)(Length - start));

        int Room() => _segments[^1].Bytes.Length - (int)(Length - _segments[^1].Start);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var room = GetSpan();
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>A copy of a part; empty when it is not within the value.</summary>
    internal byte[] Read(long offset, int count)
    {
        if (offset < 0 || count <= 0 || offset > Length - count)
            return [];
        var bytes = GC.AllocateUninitializedArray<byte>(count);
        var index = _segments.FindLastIndex(segment => segment.Start <= offset);
        for (var done = 0; done < count; index++)
        {
            var part = SegmentAt(index)[(int)(offset + done - _segments[index].Start)..];
            part = part[..Math.Min(part.Length, count - done)];
            part.Span.CopyTo(bytes.AsSpan(done));
            done += part.Length;
        }

        return bytes;
    }

    internal ReadOnlySequence<byte> AsSequence()
    {
        if (Length == 0)
            return default;
        var first = new Segment(SegmentAt(0));
        var last = first;
        for (var i = 1; i < _segments.Count; i++)
            last = last.Append(SegmentAt(i));
        return new(first, 0, last, last.Memory.Length);
    }

    private Memory<byte> SegmentAt(int index)
    {
        var end = index + 1 < _segments.Count ? _segments[index + 1].Start : Length;
        return _segments[index].Bytes.AsMemory(0, (int)(end - _segments[index].Start));
    }

    /// <summary>One more owner. False when the last one has gone already.</summary>
    internal bool TryAcquire()
    {
        for (var owners = Volatile.Read(ref _owners); owners > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _owners, owners + 1, owners);
            if (seen == owners)
                return true;
            owners = seen;
        }

        return false;
    }

    internal void Release()
    {
        if (Interlocked.Decrement(ref _owners) > 0)
            return;
        foreach (var (bytes, _) in _segments)
            ArrayPool<byte>.Shared.Return(bytes);
        _segments.Clear();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(Memory<byte> memory, long index = 0) => (Memory, RunningIndex) = (memory, index);

        internal Segment Append(Memory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
