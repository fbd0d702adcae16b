namespace McCache.Streaming;

/// <summary>A queue of frames that can be read at any position.</summary>
internal sealed class FrameRing
{
    private const int InitialCapacity = 16;
    private Slot[] _frames = new Slot[InitialCapacity];
    private int _head;

    internal int Count { get; private set; }

    /// <summary>The size of all frames together.</summary>
    internal long Bytes { get; private set; }

    internal Frame this[int index] => At(index).Frame!;

    /// <summary>What one frame takes in a batch, behind the frame before it.</summary>
    internal int PackedLengthOf(int index) => At(index).PackedLength;

    internal void Add(Frame frame)
    {
        if (Count == _frames.Length)
            Resize(Count * 2);
        At(Count) = new() { Frame = frame, PackedLength = FrameWriter.GetLength(Count == 0 ? null : this[Count - 1], frame) };
        Count++;
        Bytes += frame.Size;
    }

    internal void RemoveFirst(int count)
    {
        for (; count > 0; count--)
        {
            ref var first = ref At(0);
            Bytes -= first.Frame!.Size;
            first = default;
            _head = (_head + 1) & (_frames.Length - 1);
            Count--;
        }

        if (Count == 0 && _frames.Length > InitialCapacity)
            Resize(InitialCapacity); // a burst is over; its memory is not kept
    }

    private void Resize(int capacity)
    {
        var frames = new Slot[capacity];
        for (var i = 0; i < Count; i++)
            frames[i] = At(i);
        (_frames, _head) = (frames, 0);
    }

    private ref Slot At(int index) => ref _frames[(_head + index) & (_frames.Length - 1)];

    /// <summary>The length is here too, so that filling a batch does not reach for every frame.</summary>
    private struct Slot
    {
        internal Frame? Frame;
        internal int PackedLength;
    }
}
