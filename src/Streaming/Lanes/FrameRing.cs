namespace McCache.Streaming;

/// <summary>A queue of frames that can be read at any position.</summary>
internal sealed class FrameRing
{
    private const int InitialCapacity = 16;
    private Frame?[] _frames = new Frame?[InitialCapacity];
    private int _head;

    internal int Count { get; private set; }

    /// <summary>The size of all frames together.</summary>
    internal long Bytes { get; private set; }

    internal Frame this[int index] => _frames[(_head + index) & (_frames.Length - 1)]!;

    internal void Add(Frame frame)
    {
        if (Count == _frames.Length)
            Resize(Count * 2);
        _frames[(_head + Count++) & (_frames.Length - 1)] = frame;
        Bytes += frame.Bytes.Length;
    }

    internal void RemoveFirst(int count)
    {
        for (; count > 0; count--)
        {
            Bytes -= _frames[_head]!.Bytes.Length;
            _frames[_head] = null;
            _head = (_head + 1) & (_frames.Length - 1);
            Count--;
        }

        if (Count == 0 && _frames.Length > InitialCapacity)
            Resize(InitialCapacity); // a burst is over; its memory is not kept
    }

    private void Resize(int capacity)
    {
        var frames = new Frame?[capacity];
        for (var i = 0; i < Count; i++)
            frames[i] = this[i];
        (_frames, _head) = (frames, 0);
    }
}
