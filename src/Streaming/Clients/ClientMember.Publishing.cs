namespace McCache.Streaming;

/// <content>What it publishes, and publishes again.</content>
internal sealed partial class ClientMember
{
    internal override bool Send(Frame frame, PendingPublish? pending, bool isLocal, AttachedClient? onBehalfOf = null)
    {
        Interlocked.Increment(ref Counters.Published);
        lock (_gate)
        {
            if (_isClosed)
                return false;
            frame.SetNumber(++_number, Stamps.Next());
            var sent = _sent.Add(frame, pending);
            _session?.Send(sent);
            if (isLocal)
                DeliverHere(frame, pending);
        }

        Begin();
        return true;
    }

    public void Watch(Action applied)
    {
        GatewaySession? session;
        lock (_gate)
            session = _session;
        if (session is null)
            applied();
        else
            session.Watch(applied);
    }

    /// <summary>
    /// What was not settled, in the next session. A coherent verb of a cache is in flight still, so it may happen now. A dictionary verb has returned: others may have superseded what it set since, also
    /// if no gateway has had it yet, so it is told as a removal, which is never wrong, and wins over what the old gateway may have made of it. A stream's items would come twice where they have come already: the stream has a gap, and whoever awaits one is told.
    /// </summary>
    private void Resend(GatewaySession session)
    {
        var (frames, forgotten) = _sent.Take();
        HashSet<byte[]> lost = new(forgotten, StreamNames.Comparer);
        foreach (var sent in frames)
        {
            if (!sent.WasSent || Streams.Find(sent.Frame.Name).Handler is not null)
                continue;
            lost.Add(sent.Frame.Name);
            sent.Pending?.Fail(new InvalidOperationException($"The gateway of this client was lost while an item was published on multicast provider '{Name}': not every subscription may get it."));
            sent.Settle();
        }

        session.LoseEarlier(lost);
        foreach (var sent in frames)
        {
            if (sent.Node is null)
                continue;
            var (handler, isCoherent) = (Streams.Find(sent.Frame.Name).Handler, sent.IsCoherent);
            if (!isCoherent && handler is not null)
            {
                if (handler.Again(sent.Frame.Payload.Span) is not { } payload)
                {
                    sent.Settle();
                    continue;
                }

                var again = new Frame(FrameKind.Item, true, sent.Frame.Name, payload); // awaited: it wins over what the old gateway has made of it
                again.SetNumber(sent.Frame.Number, sent.Frame.Stamp);
                _sent.Replace(sent, again);
            }

            session.Send(sent);
            if (isCoherent && handler?.SentAgain(sent.Frame.Payload.Span) is { } applied)
                session.Watch(applied);
        }
    }

    /// <summary>The gateway wants this client to wait: what it publishes gathers on its lane.</summary>
    internal void OnThrottled(SiloAddress gateway)
    {
        Interlocked.Increment(ref Counters.Throttled);
        if (_throttled.TryPass(Clock.Now))
            Log.Throttled(Name, gateway);
    }

    private void OnRefused(byte[] stream)
    {
        lock (_refused)
            _refused.Add(stream);
        _ticking.Kick();
    }

    /// <summary>A write of this client was refused, but its own memory had made it: what others hold is not known.</summary>
    private void LoseRefused()
    {
        byte[][] refused;
        lock (_refused)
        {
            refused = [.. _refused];
            _refused.Clear();
        }

        foreach (var stream in refused)
            Lose(Streams.Find(stream) with { Subscriptions = [] }, SiloAddress.Zero, 0);
    }
}
