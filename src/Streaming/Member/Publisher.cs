namespace McCache.Streaming;

/// <summary>Another member as this one hears it: its lane, and the telling of it that more is settled.</summary>
internal sealed class Publisher(MulticastMember member, Incarnation incarnation, ulong receiver) : KickedWork(member.Lease.Queue)
{
    private readonly InboundLane _lane = new(receiver);
    private readonly UnsettledBatches _unsettled = new(member.Options.MaxLaneBytes);
    private readonly Lock _gate = new();
    private bool _isClosed;
    private long _mark;

    internal Incarnation Incarnation => incarnation;

    /// <summary>Everything that the publisher has published up to this stamp has come, or its loss has been told.</summary>
    internal long Mark => Volatile.Read(ref _mark);

    internal Admission Admit(Batch batch)
    {
        lock (_gate)
        {
            if (_isClosed)
                return default;
            var admission = _lane.Admit(batch);
            if (admission.IsAccepted && batch.Count > admission.Skip && member.Streams.HasHandlers)
                _unsettled.Add(batch);
            _unsettled.SettleTo(batch.Settled);
            return admission;
        }
    }

    /// <summary>The publisher is dead or has left: nothing more is accepted, and nothing returned here changes any more.</summary>
    /// <returns>What others may lack.</returns>
    internal UnsettledBatches Close()
    {
        lock (_gate)
            _isClosed = true;
        return _unsettled;
    }

    internal IAwaited Track(ReadOnlySpan<byte> stream, long sequence, int subscriptions)
    {
        lock (_gate)
            return new AwaitedDelivery(this, _lane.Track(stream, sequence), subscriptions);
    }

    internal void Commit(Batch batch)
    {
        lock (_gate)
        {
            _lane.Commit(batch);
            Volatile.Write(ref _mark, Math.Max(_mark, batch.Mark));
        }
    }

    internal void Overrule(long sequence)
    {
        lock (_gate)
            _lane.Overrule(sequence);
    }

    internal Acknowledgement Acknowledge()
    {
        lock (_gate)
            return _lane.Acknowledge(member.Lease.Stamps.Next());
    }

    protected override void Run() => member.Transport.SendSettled(member.Name, incarnation, member.Incarnation.Silo, Acknowledge());

    private void Settle(Delivery delivery)
    {
        bool isNews;
        lock (_gate)
            isNews = _lane.Settle(delivery);
        if (isNews)
            Kick();
    }

    /// <summary>A frame in the hands of several subscriptions.</summary>
    private sealed class AwaitedDelivery(Publisher publisher, Delivery delivery, int subscriptions) : IAwaited
    {
        private int _left = subscriptions;

        public bool IsAbandoned => false;

        public void Overrule(Settlement by)
        {
            // Subscriptions have no versions.
        }

        public void Settle()
        {
            if (Interlocked.Decrement(ref _left) == 0)
                publisher.Settle(delivery);
        }
    }
}
