using System.Collections.Concurrent;

namespace McCache.Streaming;

/// <content>Who the others are, and this member's own start and stop.</content>
internal sealed partial class MulticastMember
{
    private readonly Lock _serving = new();
    private readonly ConcurrentDictionary<SiloAddress, Publisher> _publishers = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterMembershipSnapshot? _view;
    private long _serveUntil;
    private bool _isDraining;

    /// <summary>Live is a silo that may hold what this one's frames speak of.</summary>
    internal static bool IsLive(SiloStatus status) => status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping;

    /// <summary>
    /// Takes a view of the cluster: a lane for every live silo, none for dead ones. From the return on, every frame published goes to the live ones. Older views change nothing.
    /// </summary>
    /// <remarks>A silo that is Joining has no lane: it serves nothing before it is Active and has asked every live silo for a lane.</remarks>
    internal void Observe(ClusterMembershipSnapshot view)
    {
        lock (_publishing)
        {
            if (_isClosed || (_view is not null && view.Version <= _view.Version))
                return;
            _view = view;
            foreach (var (silo, member) in view.Members)
            {
                if (IsLive(member.Status) && silo != Incarnation.Silo && !_peers.ContainsKey(silo))
                    AddPeer(silo);
            }

            foreach (var (silo, peer) in _peers)
            {
                if (view.GetSiloStatus(silo, peer.SeenAt) != SiloStatus.Dead)
                    continue;
                _peers = _peers.Remove(silo);
                peer.Close();
            }

            foreach (var (silo, publisher) in _publishers)
            {
                // One that no view has shown yet is newer than the view, not dead.
                publisher.SeenAt = view.Members.ContainsKey(silo) ? view.Version : publisher.SeenAt;
                if (view.GetSiloStatus(silo, publisher.SeenAt) == SiloStatus.Dead)
                    _publishers.TryRemove(silo, out _);
            }
        }
    }

    /// <summary>Every live silo has a lane to this one and this one to them: what is awaited may complete, and handlers may serve.</summary>
    internal void Start()
    {
        lock (_publishing)
        {
            if (_isClosed)
                return;
            _isStarted = true;
            foreach (var (_, pending) in _early)
                pending?.Settle();
            _early.Clear();
        }

        Serve(long.MaxValue);
    }

    /// <summary>The silo begins to stop: serve nothing, but go on publishing and acknowledging.</summary>
    internal void BeginStop() => Serve(0);

    /// <summary>Fails what is pending, gives what is on the lanes the time that the token allows, and ends.</summary>
    internal async Task CloseAsync(CancellationToken cancellationToken)
    {
        PendingPublish[] pending;
        lock (_publishing)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            _view = null;
        }

        lock (_pendingGate)
            pending = [.. _pending];
        Array.ForEach(pending, Fail);
        Volatile.Write(ref _isDraining, true);
        OnLaneProgress();
        await _drained.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (_, peer) in _peers)
            peer.Close();
    }

    /// <summary>A batch has been answered or has failed.</summary>
    internal void OnLaneProgress()
    {
        if (Volatile.Read(ref _isDraining) && _peers.Values.All(peer => peer.IsDrained))
            _drained.TrySetResult();
    }

    public void Attach(StreamId stream, IFrameHandler handler)
    {
        Streams.Attach(StreamNames.Of(stream), handler);
        lock (_serving)
            handler.Serve(_serveUntil);
    }

    private void Serve(long until)
    {
        lock (_serving)
        {
            _serveUntil = until;
            foreach (var listeners in Streams.All)
                listeners.Handler?.Serve(until);
        }
    }

    private void AddPeer(SiloAddress silo)
    {
        var peer = new Peer(this, silo, _view!.Version);
        if (_hasLostEarly && !_isStarted)
            peer.LoseEarlier();
        foreach (var (frame, pending) in _early)
            peer.Enqueue(frame, pending);
        _peers = _peers.Add(silo, peer);
    }
}
