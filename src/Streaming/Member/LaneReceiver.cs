namespace McCache.Streaming;

/// <summary>The way in from one other place: its lane, and the telling of it that more is settled.</summary>
/// <param name="member">This member.</param>
/// <param name="incarnation">The other, and its lane.</param>
/// <param name="receiver">What <see cref="Acknowledgement.Receiver"/> says.</param>
internal abstract class LaneReceiver(MulticastMember member, Incarnation incarnation, ulong receiver) : KickedWork(member.Queue)
{
    private readonly InboundLane _lane = new(receiver);
    private bool _isClosed;
    private long _mark;

    internal Incarnation Incarnation => incarnation;

    /// <summary>Everything that the other has published up to this stamp has come, or its loss has been told.</summary>
    internal long Mark => Volatile.Read(ref _mark);

    /// <summary>Frames that are not settled.</summary>
    internal int Unsettled
    {
        get
        {
            lock (Gate)
                return _lane.Unsettled;
        }
    }

    /// <summary>Every frame up to this number has been applied.</summary>
    internal long Applied
    {
        get
        {
            lock (Gate)
                return _lane.Applied;
        }
    }

    private protected Lock Gate { get; } = new();

    internal Admission Admit(Batch batch)
    {
        lock (Gate)
        {
            if (_isClosed)
                return default;
            var admission = _lane.Admit(batch);
            OnAdmitted(batch, admission);
            return admission;
        }
    }

    /// <summary>Nothing more is accepted.</summary>
    internal void Stop()
    {
        lock (Gate)
            _isClosed = true;
    }

    /// <summary>An awaited frame goes to others. The caller holds it, until it has told them all.</summary>
    internal IAwaited Track(byte[] stream, long sequence)
    {
        lock (Gate)
            return new AwaitedDelivery(this, _lane.Track(stream, sequence));
    }

    /// <summary>Others must hear of a loss before what was lost counts as settled. The caller holds it, until it has told them all.</summary>
    internal IAwaited TrackLoss()
    {
        lock (Gate)
            return new AwaitedDelivery(this, _lane.TrackLoss());
    }

    internal void Commit(Batch batch)
    {
        lock (Gate)
        {
            _lane.Commit(batch);
            Volatile.Write(ref _mark, Math.Max(_mark, batch.Mark));
        }
    }

    internal void Overrule(long sequence, bool isUnknown = false)
    {
        lock (Gate)
            _lane.Overrule(sequence, isUnknown);
    }

    internal void Refuse(long sequence, string reason)
    {
        lock (Gate)
            _lane.Refuse(sequence, reason);
    }

    internal Acknowledgement Acknowledge()
    {
        lock (Gate)
            return _lane.Acknowledge(member.Stamps.Next());
    }

    /// <summary>Called under <see cref="Gate"/>.</summary>
    private protected virtual void OnAdmitted(Batch batch, Admission admission)
    {
    }

    private void Settle(Delivery delivery)
    {
        bool isNews;
        lock (Gate)
            isNews = _lane.Settle(delivery) && !_isClosed;
        if (isNews)
            Kick();
    }

    /// <summary>A frame in the hands of several others.</summary>
    private sealed class AwaitedDelivery(LaneReceiver receiver, Delivery delivery) : IAwaited
    {
        private int _holds = 1;

        public bool IsAbandoned => false;

        public void Hold() => Interlocked.Increment(ref _holds);

        public void Overrule(Settlement by) => receiver.Overrule(delivery.Sequence, by == Settlement.Unknown);

        public void Refuse(string reason) => receiver.Refuse(delivery.Sequence, reason);

        public void Settle()
        {
            if (Interlocked.Decrement(ref _holds) == 0)
                receiver.Settle(delivery);
        }
    }
}
