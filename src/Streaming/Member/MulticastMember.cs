using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>
/// This process as a member of one multicast provider: publishes its frames to the others, and hands theirs to whoever listens here. A silo is one for itself
/// (<see cref="SiloMember"/>), a client outside the cluster through its gateway (<see cref="ClientMember"/>).
/// </summary>
/// <remarks>
/// Locks are taken in the order: a client's receiving (at its gateway), the memory's, publishing, a lane's gate or a subscription's, pending; at a client: the memory's, the member's, a lane's gate, what was sent. None is held while a handler, an observer or the network is called, except that
/// <see cref="IFrameHandler.Serve"/> is called under a lock of its own, without which two changes of the state could arrive in the wrong order.
/// </remarks>
internal abstract class MulticastMember : IMulticastChannel
{
    private readonly Lock _pendingGate = new();
    private readonly HashSet<PendingPublish> _pending = [];
    private readonly HashSet<PendingPublish> _settled = [];
    private readonly Lock _serving = new();

    private protected MulticastMember(string name, MulticastOptions options, MemberClock clock, HybridClock stamps, Random random, Action<IThreadPoolWorkItem> queue, ILogger log, CoherenceEvents? events = null)
    {
        Counters = new(clock.Time) { Events = events };
        (Name, Options, Clock, Stamps, Random, Queue, Log) = (name, options, clock, stamps, random, queue, log);
        LaneLimits = new LaneLimits(options.MaxLaneFrames, options.MaxLaneBytes);
    }

    internal string Name { get; }

    internal MulticastOptions Options { get; }

    internal MemberClock Clock { get; }

    /// <summary>What this member's frames are stamped with.</summary>
    public HybridClock Stamps { get; }

    /// <summary>Jitter, and the choice of whom to ask.</summary>
    public Random Random { get; }

    /// <summary>Runs what must not run under the caller's locks.</summary>
    internal Action<IThreadPoolWorkItem> Queue { get; }

    internal ILogger Log { get; }

    internal LaneLimits LaneLimits { get; }

    internal MulticastCounters Counters { get; }

    internal StreamTable Streams { get; } = new();

    /// <summary>For what is logged about bytes that make no sense.</summary>
    internal Throttle Refusals { get; } = new();

    /// <summary>For what is logged about losses, which a member that sends nonsense makes as many as it likes of.</summary>
    private Throttle Gaps { get; } = new();

    internal MulticastStatistics GetStatistics() => Counters.Read();

    public virtual bool HasAudience => true;

    // The way out. ------------------------------------------------------------------------------------------------------------------------

    public Frame? Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null)
    {
        var frame = CreateFrame(FrameKind.Item, false, stream, payload);
        return Send(frame, null, isLocal: false, onBehalfOf) ? frame : null;
    }

    public Publication PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
    {
        var frame = CreateFrame(FrameKind.Item, true, stream, payload);
        var settled = SendAsync(frame, isLocal: false, onBehalfOf, cancellationToken); // has sent it when it returns
        return new(frame.Stamp, settled);
    }

    /// <exception cref="ArgumentException">The frame would be larger than a lane.</exception>
    internal Frame CreateFrame(FrameKind kind, bool isAwaited, byte[] stream, ReadOnlySpan<byte> payload)
    {
        var frame = new Frame(kind, isAwaited, stream, payload);
        return frame.Size <= Options.MaxLaneBytes
            ? frame
            : throw new ArgumentException(
                $"An item of {payload.Length} bytes is larger than a lane of multicast provider '{Name}' may hold ({nameof(MulticastOptions.MaxLaneBytes)} = {Options.MaxLaneBytes}).",
                nameof(payload));
    }

    /// <summary>Sends a frame that somebody waits for. It has been sent when the method returns.</summary>
    /// <param name="frame">The frame, marked as awaited.</param>
    /// <param name="isLocal">Whether this member's own subscriptions get it too.</param>
    /// <param name="onBehalfOf">The client whose frame it is, and who does not get it back.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <returns>What it has met.</returns>
    internal async ValueTask<Settlement> SendAsync(Frame frame, bool isLocal, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
    {
        var verb = Tracing.Verb;
        var pending = new PendingPublish(OnSettledEverywhere, verb is not null);
        lock (_pendingGate)
            _pending.Add(pending);
        if (!Send(frame, pending, isLocal, onBehalfOf))
            pending.Fail(Stopped());
        if (Impediment is { } impediment)
            pending.Fail(impediment);
        pending.Settle();
        try
        {
            await pending.Completion.WaitAsync(cancellationToken);
            return pending.Settlement;
        }
        finally
        {
            verb?.SetTag("mccache.silo.slowest", pending.Slowest?.ToString());
            pending.IsAbandoned = true;
            lock (_pendingGate)
            {
                _pending.Remove(pending);
                _settled.Remove(pending);
            }
        }
    }

    /// <summary>Sends a frame to the others. After the member has stopped there are none, and it goes nowhere.</summary>
    /// <returns>Whether the member has not stopped.</returns>
    internal abstract bool Send(Frame frame, PendingPublish? pending, bool isLocal, AttachedClient? onBehalfOf = null);

    /// <summary>A batch has been answered or has failed.</summary>
    internal virtual void OnLaneProgress()
    {
    }

    internal void OnLaneFull(string other, SiloAddress? silo = null)
    {
        Counters.AddGap(GapReason.LaneFull, silo);
        Log.LaneFull(Name, other);
    }

    /// <summary>Why nothing that is published can complete; null when it can.</summary>
    private protected virtual Exception? Impediment => null;

    /// <summary>Whether what everybody has settled may complete now.</summary>
    private protected virtual bool MayComplete => true;

    private protected void DeliverHere(Frame frame, PendingPublish? pending)
    {
        foreach (var subscription in Streams.Find(frame.Name).Subscriptions)
        {
            pending?.Hold();
            subscription.Enqueue(new StreamEvent(frame.Kind, frame.Payload, pending));
        }
    }

    /// <summary>Every place where the frame went has settled it or can no longer serve. It completes now if this member may complete, looked at after that; else when it may again.</summary>
    private void OnSettledEverywhere(PendingPublish pending)
    {
        lock (_pendingGate)
        {
            if (!_pending.Contains(pending))
                return; // the caller has gone, and with him who would take it out again
            _settled.Add(pending);
        }

        if (MayComplete)
            pending.Complete();
    }

    /// <summary>Completes what was settled while it could not complete, if it can now.</summary>
    private protected void CompleteSettled()
    {
        PendingPublish[] complete;
        lock (_pendingGate)
        {
            if (_settled.Count == 0)
                return;
            complete = [.. _settled];
        }

        if (!MayComplete)
            return;
        foreach (var pending in complete)
            pending.Complete();
    }

    private protected void FailAll(Func<Exception> reason)
    {
        PendingPublish[] pending;
        lock (_pendingGate)
            pending = [.. _pending];
        foreach (var one in pending)
            one.Fail(reason());
    }

    private protected InvalidOperationException Stopped() => new($"Multicast provider '{Name}' of this member has stopped.");

    // The way in. One batch of a lane at a time; nothing here waits for anybody or throws. ------------------------------------------------

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
                outcome = Apply(listeners, from, frame, sequence);
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
        var awaited = frame.IsAwaited && !(listeners.Subscriptions.IsEmpty && listeners.Clients.IsEmpty) ? from.Track(frame.Name, sequence) : null;
        if (frame.Kind is FrameKind.Item or FrameKind.Completed or FrameKind.Error)
            Deliver(listeners, frame, awaited);
        Forward(listeners, frame, awaited);
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
    private static void Forward(StreamListeners listeners, in FrameView frame, IAwaited? awaited)
    {
        if (listeners.Clients.IsEmpty)
            return;
        var copy = new Frame(frame.Kind, frame.IsAwaited, frame.Name, frame.Payload);
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

    private FrameOutcome Apply(StreamListeners listeners, LaneReceiver from, in FrameView frame, long sequence)
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
                Stream = frame.Name,
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

    // Serving. ----------------------------------------------------------------------------------------------------------------------------

    public virtual void Attach(StreamId stream, IFrameHandler handler)
    {
        var name = StreamNames.Of(stream);
        Streams.Attach(name, handler);
        lock (_serving)
            handler.Serve(ServeUntil(name));
    }

    /// <summary>Completes when what is published on a stream from now on is heard here.</summary>
    internal virtual Task ListenAsync(byte[] stream) => Task.CompletedTask;

    /// <summary>Nobody here listens to a stream any more.</summary>
    internal virtual void OnForsaken(byte[] stream)
    {
    }

    /// <summary>0 before the start, after the beginning of the stop, and for a member that is dead; else a time, which may have passed.</summary>
    private protected abstract long ServeUntil(byte[] stream);

    private protected void Serve()
    {
        lock (_serving)
        {
            foreach (var (name, listeners) in Streams.All)
                Serve(listeners, ServeUntil(name));
        }
    }

    private void Serve(StreamListeners listeners, long until)
    {
        try
        {
            listeners.Handler?.Serve(until);
        }
#pragma warning disable CA1031 // The contract says that it throws nothing; if it does all the same, the others are told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnHandlerFailed(exception);
        }
    }
}
