using System.Collections.Concurrent;

namespace McCache.Streaming;

/// <content>Who the others are, and this member's own start and stop.</content>
internal sealed partial class SiloMember
{
    private readonly ConcurrentDictionary<SiloAddress, Publisher> _publishers = new();
    private readonly TaskCompletionSource _drained = new(); // completed under no lock, so whoever closes may go on at once
    private readonly Dictionary<SiloAddress, long> _firstMarks = []; // of live silos: this member's clock when it first saw them, 0 if that was before it started
    private readonly HashSet<SiloAddress> _unheard = []; // those that have gone, never heard
    private readonly Dictionary<SiloAddress, (long Mark, TimeSpan Until)> _departed = [];
    private LeaseState? _lease;
    private bool _isStopping;
    private bool _isDraining;

    /// <summary>
    /// Takes what the silo's lease says: a lane for every live silo; one that is dead is waited for until W has passed, and one that is neither is waited for no more. From the return on, every frame
    /// published goes to the live ones. Older states change nothing.
    /// </summary>
    /// <remarks>A silo that is Joining has no lane: it serves nothing before it is Active and has every live silo's promise.</remarks>
    internal void OnLease(LeaseState lease)
    {
        SiloAddress[] unheard;
        bool starts;
        lock (_publishing)
        {
            if (_isClosed || lease.Revision <= _lease?.Revision)
                return;
            Volatile.Write(ref _lease, lease);
            foreach (var silo in lease.Live)
            {
                if (!_peers.TryGetValue(silo, out var known))
                    AddPeer(silo);
                else if (known.MustTellTopics)
                    TellTopics(known);
            }

            foreach (var (silo, peer) in _peers)
            {
                if (lease.Live.Contains(silo))
                    continue;
                if (_firstMarks.GetValueOrDefault(silo, -1) == 0 && !_publishers.ContainsKey(silo))
                    _unheard.Add(silo);
                else
                    _firstMarks.Remove(silo);
                if (lease.DeadSince.TryGetValue(silo, out var since) && Clock.Now < since + Lease.Times.Wait)
                {
                    peer.Bury();
                    continue;
                }

                SetPeers(_peers.Remove(silo));
                peer.Close();
            }

            foreach (var (silo, publisher) in _publishers)
            {
                if (lease.Live.Contains(silo))
                    continue;
                _publishers.TryRemove(silo, out _);
                var unsettled = publisher.Close();
                _departed[silo] = (publisher.Mark, Clock.Now + (Lease.Times.Wait * 2));
                if (!lease.Left.Contains(silo))
                    _relay.Add(unsettled);
            }

            unheard = lease.IsStarted && lease.ServeUntil > Clock.Now ? [.. _unheard] : [];
            starts = lease.IsStarted && !_isStarted;
            if (starts)
                SettleEarly();
        }

        if (unheard.Length > 0)
            LoseUnheard(unheard, lease.Live);
        if (lease.IsSelfDead)
            FailAll(DeclaredDead);
        Serve();
        if (starts && Options.HasTopics)
            TellTopics();
        CompleteSettled();
    }

    /// <summary>
    /// Silos that were there before this one have gone, and it has never heard them. Others have what they had published, some of it perhaps since their state was merged here: it is
    /// merged again. That is done when this silo is valid, for then all the others have promised, so they have seen those silos go, too; until then those count as unheard, and replicas serve nothing.
    /// </summary>
    private void LoseUnheard(SiloAddress[] unheard, IEnumerable<SiloAddress> live)
    {
        foreach (var silo in live)
            LoseReplicas(silo, 1);
        lock (_publishing)
        {
            foreach (var silo in unheard)
            {
                _firstMarks.Remove(silo);
                _unheard.Remove(silo);
            }
        }
    }

    /// <summary>The silo begins to stop: serve nothing, but go on publishing and acknowledging.</summary>
    internal void BeginStop()
    {
        Volatile.Write(ref _isStopping, true);
        Serve();
        DismissClients();
    }

    /// <summary>Fails what is pending, gives what is on the lanes the time that the token allows, and ends.</summary>
    internal async Task CloseAsync(CancellationToken cancellationToken)
    {
        lock (_publishing)
        {
            if (_isClosed)
                return;
            _isClosed = true;
        }

        FailAll(Stopped);
        Volatile.Write(ref _isDraining, true);
        OnLaneProgress();
        await _drained.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        foreach (var (_, peer) in _peers)
            peer.Close();
    }

    /// <summary>After <see cref="CloseAsync"/>: whether every other live silo has everything.</summary>
    internal bool IsDrained => _drained.Task.IsCompleted;

    internal override void OnLaneProgress()
    {
        if (Volatile.Read(ref _isDraining) && _peers.Values.All(peer => peer.IsDrained))
            _drained.TrySetResult();
    }

    /// <summary>Wall and monotonic clock have parted: who knows what was missed.</summary>
    internal void OnClocksParted()
    {
        Counters.AddGap(GapReason.ClocksParted);
        Log.GapNoted(Name, GapReason.ClocksParted);
        foreach (var (name, listeners) in Streams.All)
        {
            Lose(listeners, Incarnation.Silo, 0);
            TellGap(name, null);
        }

        DismissClients(); // what they were granted rests on this silo's validity

        foreach (var (silo, mark) in ReadMarks().Others)
            LoseReplicas(silo, mark + 1);
    }

    internal override Task ListenAsync(byte[] stream) => HearAsync([stream]).AsTask();

    /// <exception cref="InvalidOperationException">The stream has a handler already; or the member has started, and has told the others to which streams it listens.</exception>
    public override void Attach(StreamId stream, IFrameHandler handler)
    {
        if (Options.HasTopics && Volatile.Read(ref _isStarted))
            throw new InvalidOperationException($"On multicast provider '{Name}' handlers attach before the silo has started.");
        base.Attach(stream, handler);
        foreach (var (_, peer) in _peers)
            peer.Kick(); // lanes of replicas say their watermarks
    }

    public Marks ReadMarks()
    {
        lock (_publishing)
        {
            var now = Clock.Now;
            foreach (var (silo, departed) in _departed)
            {
                if (departed.Until < now)
                    _departed.Remove(silo);
            }

            return new(
                Lease.Stamps.Next(),
                _firstMarks.Where(first => !_unheard.Contains(first.Key)).ToDictionary(first => first.Key, first => Math.Max(first.Value, _publishers.GetValueOrDefault(first.Key)?.Mark ?? 0)),
                _departed.ToDictionary(departed => departed.Key, departed => departed.Value.Mark),
                _lanes.Select(peer => peer.SettledStamp).Concat(_publishers.Values.Select(publisher => publisher.SettledStamp)).DefaultIfEmpty(long.MaxValue).Min(),
                _isClosed || _lease?.IsSelfDead == true,
                _unheard.Count > 0);
        }
    }

    private protected override long ServeUntil(byte[] stream)
        => Volatile.Read(ref _lease) is { IsStarted: true, IsSelfDead: false } lease && !Volatile.Read(ref _isStopping) ? Clock.ToTicks(lease.ServeUntil) : 0;

    private void SettleEarly()
    {
        Volatile.Write(ref _isStarted, true);
        foreach (var (_, pending) in _early)
            pending?.Settle();
        _early.Clear();
    }

    private void AddPeer(SiloAddress silo)
    {
        var stamp = _isStarted ? Lease.Stamps.Next() : 0; // its promise tells a silo that starts this clock, and it publishes nothing older
        _firstMarks[silo] = stamp;
        var peer = new Peer(this, silo, stamp, _early.Count > 0 ? _early[0].Frame.Number - 1 : _number);
        if (_hasLostEarly && !_isStarted)
            peer.LoseEarlier();
        foreach (var (frame, pending) in _early)
            peer.Enqueue(frame, pending);
        SetPeers(_peers.Add(silo, peer));
        TellTopics(peer);
        if (Streams.HasReplicas)
            peer.Kick(); // the lane says its watermark
    }
}
