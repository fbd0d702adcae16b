namespace McCache.Streaming;

/// <summary>
/// What a client has published that is not known to be settled everywhere, in its order: if its gateway dies, that may have reached nobody. Bounded: of what does not fit, only the streams are
/// remembered. Thread-safe; its lock is the last that anybody takes.
/// </summary>
internal sealed class SentFrames(LaneLimits limits, Action<byte[]> onRefused)
{
    private readonly Action<byte[]> _onRefused = onRefused;
    private readonly Lock _gate = new();
    private readonly LinkedList<SentFrame> _frames = new();
    private readonly HashSet<byte[]> _forgotten = new(StreamNames.Comparer);
    private long _bytes;

    internal SentFrame Add(Frame frame, PendingPublish? pending)
    {
        var sent = new SentFrame(this, frame, pending);
        lock (_gate)
        {
            _bytes += frame.Size;
            sent.Node = _frames.AddLast(sent);
            for (var node = _frames.First; node != sent.Node && (_frames.Count > limits.MaxFrames || _bytes > limits.MaxBytes); node = _frames.First)
                Forget(node!.Value);
        }

        return sent;
    }

    /// <summary>Everything that is not settled, in order, and the streams of what is not known any more, which is forgotten with that.</summary>
    internal (SentFrame[] Frames, byte[][] Forgotten) Take()
    {
        lock (_gate)
        {
            byte[][] forgotten = [.. _forgotten];
            _forgotten.Clear();
            return ([.. _frames], forgotten);
        }
    }

    /// <summary>A frame is sent again in another form.</summary>
    internal void Replace(SentFrame sent, Frame frame)
    {
        lock (_gate)
        {
            _bytes += frame.Size - sent.Frame.Size;
            sent.Frame = frame;
        }
    }

    private void Forget(SentFrame sent)
    {
        if (sent.IsCoherent)
            sent.Pending!.Fail(Lost());
        _forgotten.Add(sent.Frame.Name);
        Remove(sent);
    }

    private void Remove(SentFrame sent)
    {
        if (sent.Node is not { } node)
            return;
        _frames.Remove(node);
        _bytes -= sent.Frame.Size;
        sent.Node = null;
    }

    private static InvalidOperationException Lost() => new("Too much was published that the gateway has not answered; it is not known whether this was heard.");

    /// <summary>One of them.</summary>
    internal sealed class SentFrame : IAwaited
    {
        private readonly SentFrames _all;

        internal SentFrame(SentFrames all, Frame frame, PendingPublish? pending)
        {
            (_all, Frame, Pending) = (all, frame, pending);
            pending?.Hold();
        }

        internal Frame Frame { get; set; }

        internal PendingPublish? Pending { get; }

        /// <summary>Whether a gateway may have had it.</summary>
        internal bool WasSent { get; set; }

        /// <summary>Whether somebody waits for it.</summary>
        internal bool IsCoherent => Pending is { IsAbandoned: false };

        internal LinkedListNode<SentFrame>? Node { get; set; }

        public bool IsAbandoned => Node is null;

        /// <summary>One place has to settle it: the gateway, for everybody.</summary>
        public void Hold()
        {
        }

        /// <summary>The lane to the gateway was full. What this client holds of it others will never hear of.</summary>
        public void Overrule(Settlement by)
        {
            Pending?.Fail(Lost());
            _all._onRefused(Frame.Name);
        }

        public void Refuse(string reason)
        {
            Pending?.Refuse(reason);
            _all._onRefused(Frame.Name);
        }

        public void Settle()
        {
            bool isFirst;
            lock (_all._gate)
            {
                isFirst = Node is not null;
                _all.Remove(this);
            }

            if (isFirst)
                Pending?.Settle();
        }
    }
}
