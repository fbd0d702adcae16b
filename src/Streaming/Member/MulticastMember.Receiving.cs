namespace McCache.Streaming;

/// <content>The way in. Called in turns of the endpoint, so one batch at a time; nothing here waits for anybody or throws.</content>
internal sealed partial class MulticastMember
{
    internal Acknowledgement Receive(Batch batch)
    {
        if (FindPublisher(batch) is not { } publisher)
            return new(0, 0, 0, null);
        var admission = publisher.Admit(batch);
        if (!admission.IsAccepted)
            return publisher.Acknowledge();
        if (admission.Lost is { } gap)
            Lose(gap, GapReason.Announced, batch.Publisher.Silo, batch.Mark);
        if (!Stamps.Observe(batch.Mark))
            batch = batch with { Mark = 0 }; // a clock that is too far ahead says nothing of what is past
        if (!Apply(publisher, batch, admission.Skip))
        {
            Interlocked.Add(ref Counters.RefusedBytes, batch.Frames.Length);
            if (Refusals.TryPass(Clock.Now))
                Log.BatchRefused(Name, batch.Publisher.Silo);
            Lose(Gap.All, GapReason.Refused, batch.Publisher.Silo, batch.Mark);
        }

        publisher.Commit(batch);
        return publisher.Acknowledge();
    }

    /// <summary>A member says that more of this one's frames are settled.</summary>
    internal void OnSettled(Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
    {
        if (publisher == Incarnation && _peers.TryGetValue(receiver, out var peer))
            peer.OnSettled(acknowledgement);
    }

    internal void OnHandlerFailed(Exception exception)
    {
        Interlocked.Increment(ref Counters.HandlerFailures);
        Log.ObserverFailed(exception, Name);
    }

    /// <returns>Null for a silo that is not live in this one's view. It has not started, or is dead; it sends again until this one knows better, or it does.</returns>
    private Publisher? FindPublisher(Batch batch)
    {
        var incarnation = batch.Publisher;
        if (_publishers.TryGetValue(incarnation.Silo, out var known) && known.Incarnation == incarnation)
            return known;
        Publisher publisher;
        lock (_publishing)
        {
            if (_lease?.Live.Contains(incarnation.Silo) != true)
                return null;
            _publishers[incarnation.Silo] = publisher = new Publisher(this, incarnation, NewRandom());
        }

        if (known is not null)
            Lose(Gap.All, GapReason.PublisherChanged, incarnation.Silo, batch.Mark);
        if (batch.Since > 0)
            LoseReplicas(incarnation.Silo, batch.Since);
        return publisher;
    }

    /// <returns>False when the bytes are not the frames that the header speaks of. What could be read has been applied.</returns>
    private bool Apply(Publisher publisher, Batch batch, int skip)
    {
        var reader = new FrameReader(batch.Frames);
        for (var i = 0; i < batch.Count; i++)
        {
            if (!reader.TryRead(out var frame))
                return false;
            if (i >= skip)
                Apply(publisher, frame, batch.First + i);
        }

        return reader.IsAtEnd;
    }

    private void Apply(Publisher publisher, in FrameView frame, long sequence)
    {
        Interlocked.Increment(ref Counters.Applied);
        var listeners = Streams.Find(frame.Name);
        if (listeners.IsEmpty)
            return;
        if (frame.Kind is FrameKind.Relayed or FrameKind.Lost)
            listeners = listeners with { Subscriptions = [] };
        if (frame.Kind is FrameKind.Lost)
        {
            Counters.AddGap(GapReason.Announced);
            Lose(listeners, publisher.Incarnation.Silo, frame.Stamp);
            return;
        }

        if (frame.Kind is not (FrameKind.Item or FrameKind.Completed or FrameKind.Error or FrameKind.Relayed))
        {
            Refuse(publisher, frame, listeners);
            return;
        }

        if (listeners.Handler is { } handler)
        {
            var outcome = Apply(handler, publisher, frame);
            if (outcome == FrameOutcome.Refused)
                Refuse(publisher, frame, listeners with { Subscriptions = [] });
            if (outcome == FrameOutcome.Overruled && frame.IsAwaited)
                publisher.Overrule(sequence);
        }

        if (listeners.Subscriptions.IsEmpty)
            return;
        var awaited = frame.IsAwaited ? publisher.Track(frame.Name, sequence, listeners.Subscriptions.Length) : null;
        var payload = frame.Payload.ToArray(); // a small item must not keep its whole batch alive
        foreach (var subscription in listeners.Subscriptions)
            subscription.Enqueue(new StreamEvent(frame.Kind, payload, awaited));
    }

    private void Refuse(Publisher publisher, in FrameView frame, StreamListeners listeners)
    {
        Interlocked.Add(ref Counters.RefusedBytes, frame.Payload.Length);
        if (Refusals.TryPass(Clock.Now))
            Log.FrameRefused(Name);
        Counters.AddGap(GapReason.Refused);
        Lose(listeners, publisher.Incarnation.Silo, frame.Stamp);
    }

    private void Lose(Gap gap, GapReason reason, SiloAddress publisher, long upTo)
    {
        Counters.AddGap(reason);
        Log.GapNoted(Name, reason);
        foreach (var listeners in gap.Streams is null ? Streams.All : gap.Streams.Select(name => Streams.Find(name)))
            Lose(listeners, publisher, upTo);
    }

    /// <summary>What was published before a lane began concerns replicas only: others hold nothing that is older than their start.</summary>
    private void LoseReplicas(SiloAddress publisher, long upTo)
    {
        foreach (var listeners in Streams.All)
        {
            if (listeners.Handler is { IsReplica: true })
                Lose(listeners with { Subscriptions = [] }, publisher, upTo);
        }
    }

    private void Lose(StreamListeners listeners, SiloAddress publisher, long upTo)
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

    private FrameOutcome Apply(IFrameHandler handler, Publisher publisher, in FrameView frame)
    {
        var payload = frame.Payload;
        var (origin, isLate) = (new Origin(publisher.Incarnation.Id, frame.Stamp), frame.Stamp <= publisher.Mark);
        if (frame.Kind == FrameKind.Relayed)
            isLate = true;
        if (frame.Kind is not (FrameKind.Item or FrameKind.Relayed) || (frame.Kind == FrameKind.Relayed && !Origin.TryRead(ref payload, out origin)))
            return FrameOutcome.Refused;
        try
        {
            return handler.Apply(new ReceivedFrame { Payload = payload, Stamp = origin.Stamp, Member = origin.Member, IsLate = isLate, Sender = publisher.Incarnation.Silo });
        }
#pragma warning disable CA1031 // As above; what it has done so far is unknown, so it is a gap.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnHandlerFailed(exception);
            return FrameOutcome.Refused;
        }
    }

    public ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request) => Transport.AskAsync(silo, Name, StreamNames.Of(stream), request);

    /// <summary>Answers another member.</summary>
    internal byte[] Answer(byte[] stream, byte[] request)
    {
        try
        {
            return Streams.Find(stream).Handler?.Answer(request) ?? [];
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnHandlerFailed(exception);
            return [];
        }
    }
}
