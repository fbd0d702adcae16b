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
internal abstract partial class MulticastMember : IMulticastChannel
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
            verb?.SetTag("mccache.silo.slowest", pending.Slowest?.ToString());
            return pending.Settlement;
        }
        finally
        {
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
