using System.Collections.Immutable;

namespace McCache.Streaming;

/// <content>The way out.</content>
internal sealed partial class MulticastMember
{
    private readonly Lock _publishing = new();
    private readonly Lock _pendingGate = new();
    private readonly HashSet<PendingPublish> _pending = [];
    private readonly HashSet<PendingPublish> _settled = [];
    private readonly List<(Frame Frame, PendingPublish? Pending)> _early = [];
    private ImmutableDictionary<SiloAddress, Peer> _peers = ImmutableDictionary<SiloAddress, Peer>.Empty;
    private long _number;
    private long _queued;
    private long _earlyBytes;
    private bool _hasLostEarly;
    private bool _isStarted;
    private bool _isClosed;

    public long Publish(StreamId stream, ReadOnlySpan<byte> payload)
    {
        var frame = CreateFrame(FrameKind.Item, false, stream, payload);
        return Send(frame, null, isLocal: false) ? frame.Stamp : 0;
    }

    public Publication PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, CancellationToken cancellationToken)
    {
        var frame = CreateFrame(FrameKind.Item, true, stream, payload);
        var settled = SendAsync(frame, isLocal: false, cancellationToken); // has sent it when it returns
        return new(frame.Stamp, settled);
    }

    /// <exception cref="ArgumentException">The frame would be larger than a lane.</exception>
    internal Frame CreateFrame(FrameKind kind, bool isAwaited, StreamId stream, ReadOnlySpan<byte> payload)
    {
        var frame = new Frame(kind, isAwaited, stream, payload);
        return frame.Bytes.Length <= Options.MaxLaneBytes
            ? frame
            : throw new ArgumentException(
                $"An item of {payload.Length} bytes is larger than a lane of multicast provider '{Name}' may hold ({nameof(MulticastOptions.MaxLaneBytes)} = {Options.MaxLaneBytes}).",
                nameof(payload));
    }

    /// <summary>Sends a frame that somebody waits for. It has been sent when the method returns.</summary>
    /// <param name="frame">The frame, marked as awaited.</param>
    /// <param name="isLocal">Whether this member's own subscriptions get it too.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    /// <returns>What it has met.</returns>
    internal async ValueTask<Settlement> SendAsync(Frame frame, bool isLocal, CancellationToken cancellationToken)
    {
        var pending = new PendingPublish(OnSettledEverywhere);
        lock (_pendingGate)
            _pending.Add(pending);
        if (!Send(frame, pending, isLocal))
            pending.Fail(Stopped());
        if (Volatile.Read(ref _lease)?.IsSelfDead == true)
            pending.Fail(DeclaredDead());
        pending.Settle();
        try
        {
            await pending.Completion.WaitAsync(cancellationToken);
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

    /// <summary>Puts a frame on every lane. After the member has stopped there are none, and it goes nowhere.</summary>
    /// <returns>Whether the member has not stopped.</returns>
    internal bool Send(Frame frame, PendingPublish? pending, bool isLocal)
    {
        if (frame.Kind is not (FrameKind.Relayed or FrameKind.Lost))
            Interlocked.Increment(ref Counters.Published);
        lock (_publishing)
        {
            if (_isClosed)
                return false;
            frame.SetNumber(++_number, Lease.Stamps.Next());
            if (!_isStarted)
                KeepEarly(frame, pending);
            foreach (var (_, peer) in _peers)
                peer.Enqueue(frame, pending);
            if (isLocal)
                DeliverHere(frame, pending);
            Volatile.Write(ref _queued, frame.Number);
        }

        return true;
    }

    /// <summary>A stamp at or below which nothing will be put on a lane any more.</summary>
    internal long NextMark()
    {
        lock (_publishing)
            return Lease.Stamps.Next();
    }

    /// <summary>The number up to which every live member has this one's frames; 0 before the start, when it may not know them all.</summary>
    internal long SettledEverywhere
    {
        get
        {
            if (!Volatile.Read(ref _isStarted))
                return 0;
            var settled = Volatile.Read(ref _queued); // before the lanes: each of them has had every frame up to this one
            foreach (var (_, peer) in _peers)
                settled = Math.Min(settled, peer.Lowest - 1);
            return settled;
        }
    }

    internal void OnLaneFull(SiloAddress silo)
    {
        Counters.AddGap(GapReason.LaneFull);
        Log.LaneFull(Name, silo);
    }

    /// <summary>
    /// Until the member has started it may not know every other silo: what it publishes is kept for those that it gets to know, and completes for nobody. Bounded like a
    /// lane; what does not fit is a gap for them, and fails for those who await it.
    /// </summary>
    private void KeepEarly(Frame frame, PendingPublish? pending)
    {
        if (_early.Count == Options.MaxLaneFrames || _earlyBytes + frame.Bytes.Length > Options.MaxLaneBytes)
        {
            foreach (var (_, lost) in _early)
                lost?.Fail(new InvalidOperationException($"Too much was published on multicast provider '{Name}' before silo {Incarnation.Silo} had started."));
            (_hasLostEarly, _earlyBytes) = (true, 0);
            _early.Clear();
            Counters.AddGap(GapReason.LaneFull);
        }

        pending?.Hold();
        _early.Add((frame, pending));
        _earlyBytes += frame.Bytes.Length;
    }

    private void DeliverHere(Frame frame, PendingPublish? pending)
    {
        foreach (var subscription in Streams.Find(frame.Name).Subscriptions)
        {
            pending?.Hold();
            subscription.Enqueue(new StreamEvent(frame.Kind, frame.Payload, pending));
        }
    }

    /// <summary>Every place where the frame went has settled it or has been dead for W. It completes now if this silo is valid, looked at after that; else when it is again.</summary>
    private void OnSettledEverywhere(PendingPublish pending)
    {
        lock (_pendingGate)
        {
            if (!_pending.Contains(pending))
                return; // the caller has gone, and with him who would take it out again
            _settled.Add(pending);
        }

        if (Lease.MayComplete)
            pending.Complete();
    }

    /// <summary>Completes what was settled while this silo was not valid, if it is now.</summary>
    private void CompleteSettled()
    {
        PendingPublish[] complete;
        lock (_pendingGate)
        {
            if (_settled.Count == 0)
                return;
            complete = [.. _settled];
        }

        if (!Lease.MayComplete)
            return;
        foreach (var pending in complete)
            pending.Complete();
    }

    private void FailAll(Func<Exception> reason)
    {
        PendingPublish[] pending;
        lock (_pendingGate)
            pending = [.. _pending];
        foreach (var one in pending)
            one.Fail(reason());
    }

    private InvalidOperationException DeclaredDead()
        => new($"Silo {Incarnation.Silo} was declared dead by its cluster: nothing it publishes on multicast provider '{Name}' can complete.");

    private InvalidOperationException Stopped() => new($"Multicast provider '{Name}' of silo {Incarnation.Silo} has stopped.");
}
