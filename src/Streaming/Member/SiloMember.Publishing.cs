using System.Collections.Immutable;

namespace McCache.Streaming;

/// <content>The way out.</content>
internal sealed partial class SiloMember
{
    private readonly Lock _publishing = new();
    private readonly List<(Frame Frame, PendingPublish? Pending)> _early = [];
    private ImmutableDictionary<SiloAddress, Peer> _peers = ImmutableDictionary<SiloAddress, Peer>.Empty;
    private Peer[] _lanes = []; // the same, to go through at every frame
    private long _number;
    private long _queued;
    private long _earlyBytes;
    private bool _hasLostEarly;
    private bool _isStarted;
    private bool _isClosed;

    private protected override Exception? Impediment => Volatile.Read(ref _lease)?.IsSelfDead == true ? DeclaredDead() : null;

    /// <summary>Looked at after everything is settled: whether this silo is valid.</summary>
    private protected override bool MayComplete => Lease.MayComplete;

    public override bool HasAudience => !Volatile.Read(ref _isStarted) || Volatile.Read(ref _lanes).Length > 0 || Clients > 0;

    /// <summary>Puts a frame on every lane.</summary>
    internal override bool Send(Frame frame, PendingPublish? pending, bool isLocal, AttachedClient? onBehalfOf = null)
    {
        if (frame.Kind is not (FrameKind.Relayed or FrameKind.Lost or FrameKind.Topics))
            Interlocked.Increment(ref Counters.Published);
        lock (_publishing)
        {
            if (_isClosed)
                return false;
            frame.SetNumber(++_number, Stamps.Next());
            if (!_isStarted)
                KeepEarly(frame, pending);
            foreach (var peer in LanesOf(frame.Name))
                peer.Enqueue(frame, pending is { IsTraced: true } ? new TracedPlace(pending, peer.Silo) : pending);
            if (Clients > 0)
                SendToClients(frame, pending, onBehalfOf);
            if (isLocal)
                DeliverHere(frame, pending);
            Volatile.Write(ref _queued, _number); // not the frame's: a lane that was full has had another
        }

        return true;
    }

    /// <summary>Called under the publishing lock.</summary>
    private void SetPeers(ImmutableDictionary<SiloAddress, Peer> peers)
    {
        _peers = peers;
        Volatile.Write(ref _lanes, [.. peers.Values]);
        ForgetRoutes();
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
            foreach (var peer in Volatile.Read(ref _lanes))
                settled = Math.Min(settled, peer.Lowest - 1);
            return settled;
        }
    }

    /// <summary>
    /// Until the member has started it may not know every other silo: what it publishes is kept for those that it gets to know, and completes for nobody. Bounded like a
    /// lane; what does not fit is a gap for them, and fails for those who await it.
    /// </summary>
    private void KeepEarly(Frame frame, PendingPublish? pending)
    {
        if (_early.Count == Options.MaxLaneFrames || _earlyBytes + frame.Size > Options.MaxLaneBytes)
        {
            foreach (var (_, lost) in _early)
                lost?.Fail(new InvalidOperationException($"Too much was published on multicast provider '{Name}' before silo {Incarnation.Silo} had started."));
            (_hasLostEarly, _earlyBytes) = (true, 0);
            _early.Clear();
            Counters.AddGap(GapReason.LaneFull);
        }

        pending?.Hold();
        _early.Add((frame, pending));
        _earlyBytes += frame.Size;
    }

    private InvalidOperationException DeclaredDead()
        => new($"Silo {Incarnation.Silo} was declared dead by its cluster: nothing it publishes on multicast provider '{Name}' can complete.");
}
