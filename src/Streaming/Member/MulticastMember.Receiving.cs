namespace McCache.Streaming;

/// <content>The way in: one batch of a lane at a time; nothing here waits for anybody or throws.</content>
internal abstract partial class MulticastMember
{
    private protected Acknowledgement Receive(LaneReceiver from, Batch batch)
    {
        var admission = from.Admit(batch);
        if (!admission.IsAccepted)
            return from.Acknowledge();
        if (admission.Lost is { } gap)
            Lose(gap, GapReason.Announced, from, batch.Mark);
        if (!Stamps.Observe(batch.Mark))
            batch = batch with { Mark = 0 }; // a clock that is too far ahead says nothing of what is past
        if (!Apply(from, batch, admission.Skip))
        {
            RefuseBatch(from, batch);
            Lose(Gap.All, GapReason.Refused, from, batch.Mark);
        }

        from.Commit(batch);
        return from.Acknowledge();
    }

    internal void RefuseBatch(LaneReceiver from, Batch batch)
    {
        Interlocked.Add(ref Counters.RefusedBytes, batch.Frames.Length);
        if (Refusals.TryPass(Clock.Now))
            Log.BatchRefused(Name, from.Incarnation.Silo);
    }

    /// <summary>Answers another member.</summary>
    internal byte[] Answer(byte[] stream, byte[] request)
    {
        try
        {
            return Streams.Find(stream).Handler?.Answer(request) ?? [];
        }
#pragma warning disable CA1031 // The contract says that it throws nothing; if it does all the same, there is no answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnHandlerFailed(exception);
            return [];
        }
    }

    /// <summary>Another silo names the streams that it listens to.</summary>
    private protected virtual void OnTopics(LaneReceiver from, ReadOnlySpan<byte> names)
    {
    }

    /// <summary>Frames of another member are lost, of whichever streams.</summary>
    private protected virtual void OnLost(LaneReceiver from)
    {
    }

    internal void OnHandlerFailed(Exception exception)
    {
        Interlocked.Increment(ref Counters.HandlerFailures);
        Log.ObserverFailed(exception, Name);
    }

    /// <returns>False when the bytes are not the frames that the header speaks of. What could be read has been applied.</returns>
    private bool Apply(LaneReceiver from, Batch batch, int skip)
    {
        var reader = new FrameReader(batch.Frames);
        var streams = new StreamCursor(Streams);
        var (applied, stamp) = (0, 0L);
        for (var i = 0; i < batch.Count && reader.TryRead(out var frame); i++)
        {
            if (i < skip)
                continue;
            Apply(from, frame, batch.First + i, ref streams);
            (applied, stamp) = (applied + 1, frame.Stamp);
        }

        Interlocked.Add(ref Counters.Applied, applied);
        Stamps.Observe(stamp); // they grow, so this is the last one
        return reader.IsAtEnd && applied == Math.Max(0, batch.Count - skip);
    }

    private void Apply(LaneReceiver from, in FrameView frame, long sequence, ref StreamCursor streams)
    {
        if (frame.Kind == FrameKind.Topics)
        {
            Interlocked.Decrement(ref Counters.Applied); // it is about the lane, and nobody has published it
            OnTopics(from, frame.Payload);
        }

        if (frame.Kind is FrameKind.Topics or FrameKind.Superseded || streams.Find(frame.Name) is not { IsEmpty: false } listeners)
            return;
        var outcome = FrameOutcome.Applied;
        switch (frame.Kind)
        {
            case FrameKind.Lost or FrameKind.Gap:
                Counters.AddGap(GapReason.Announced, from.Incarnation.Silo);
                Lose(frame.Kind == FrameKind.Gap ? listeners : listeners with { Subscriptions = [] }, from.Incarnation.Silo, frame.Stamp);
                break;
            case FrameKind.Item or FrameKind.Relayed or FrameKind.Completed or FrameKind.Error:
                outcome = Apply(listeners, streams.Name, from, frame, sequence);
                break;
            default:
                Refuse(from, frame, listeners);
                break;
        }

        if (outcome == FrameOutcome.Overruled && frame.IsAwaited)
            from.Overrule(sequence);
        if (outcome == FrameOutcome.Refused)
            Refuse(from, frame, listeners with { Subscriptions = [] });
        listeners = streams.Find(frame.Name); // after the handler: a client that has attached meanwhile may have read what was there before
        var awaited = frame.IsAwaited && !(listeners.Subscriptions.IsEmpty && listeners.Clients.IsEmpty) ? from.Track(streams.Name, sequence) : null;
        if (frame.Kind is FrameKind.Item or FrameKind.Completed or FrameKind.Error)
            Deliver(listeners, frame, awaited);
        Forward(listeners, streams.Name, frame, awaited);
        awaited?.Settle();
    }

    private static void Deliver(StreamListeners listeners, in FrameView frame, IAwaited? awaited)
    {
        if (listeners.Subscriptions.IsEmpty)
            return;
        var payload = frame.Payload.ToArray(); // a small item must not keep its whole batch alive
        foreach (var subscription in listeners.Subscriptions)
        {
            awaited?.Hold();
            subscription.Enqueue(new StreamEvent(frame.Kind, payload, awaited));
        }
    }

    /// <summary>The clients of this gateway get the frame as it came.</summary>
    private static void Forward(StreamListeners listeners, byte[] name, in FrameView frame, IAwaited? awaited)
    {
        if (listeners.Clients.IsEmpty)
            return;
        var copy = new Frame(frame.Kind, frame.IsAwaited, name, frame.Payload);
        copy.SetNumber(frame.Number, frame.Stamp);
        foreach (var client in listeners.Clients)
            client.Enqueue(copy, awaited);
    }

    private void Refuse(LaneReceiver from, in FrameView frame, StreamListeners listeners)
    {
        Interlocked.Add(ref Counters.RefusedBytes, frame.Payload.Length);
        if (Refusals.TryPass(Clock.Now))
            Log.FrameRefused(Name);
        Counters.AddGap(GapReason.Refused, from.Incarnation.Silo);
        Lose(listeners, from.Incarnation.Silo, frame.Stamp);
    }

    /// <summary>Frames were lost. What was lost counts as settled when everybody here has been told, clients included.</summary>
    private protected void Lose(Gap gap, GapReason reason, LaneReceiver from, long upTo)
    {
        Counters.AddGap(reason, from.Incarnation.Silo);
        if (Gaps.TryPass(Clock.Now))
            Log.GapNoted(Name, reason);
        OnLost(from);
        var told = from.TrackLoss();
        foreach (var (name, listeners) in gap.Streams is null ? Streams.All : gap.Streams.Select(name => KeyValuePair.Create(name, Streams.Find(name))))
        {
            Lose(listeners, from.Incarnation.Silo, upTo);
            TellGap(name, told);
        }

        told.Settle();
    }

    private protected void TellGap(byte[] name, IAwaited? told)
    {
        foreach (var client in Streams.Find(name).Clients)
            client.Enqueue(new Frame(FrameKind.Gap, told is not null, name, []), told);
    }

    /// <summary>Tells a stream's handler, and its subscriptions, of a loss.</summary>
    private protected void Lose(StreamListeners listeners, SiloAddress publisher, long upTo)
    {
        try
        {
            listeners.Handler?.OnGap(publisher, upTo);
        }
#pragma warning disable CA1031 // The contract says that it throws nothing; if it does all the same, the lane goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnHandlerFailed(exception);
        }

        foreach (var subscription in listeners.Subscriptions)
            subscription.EnqueueGap();
    }

    private FrameOutcome Apply(StreamListeners listeners, byte[] name, LaneReceiver from, in FrameView frame, long sequence)
    {
        if (listeners.Handler is not { } handler)
            return FrameOutcome.Applied;
        var payload = frame.Payload;
        var (origin, isLate) = (new Origin(from.Incarnation.Id, frame.Stamp), frame.Kind == FrameKind.Relayed || frame.Stamp <= from.Mark);
        if (frame.Kind is not (FrameKind.Item or FrameKind.Relayed) || (frame.Kind == FrameKind.Relayed && !Origin.TryRead(ref payload, out origin)))
            return FrameOutcome.Refused;
        try
        {
            return handler.Apply(new ReceivedFrame
            {
                Payload = payload,
                Stamp = origin.Stamp,
                Member = origin.Member,
                IsLate = isLate,
                Sender = from.Incarnation.Silo,
                Lane = frame.IsAwaited ? from : null,
                Sequence = sequence,
                Stream = name,
            });
        }
#pragma warning disable CA1031 // As above; what it has done so far is unknown, so it is a gap.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnHandlerFailed(exception);
            return FrameOutcome.Refused;
        }
    }
}
