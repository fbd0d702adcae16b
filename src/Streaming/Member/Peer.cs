namespace McCache.Streaming;

/// <summary>Another member as this one publishes to it: drives an <see cref="OutboundLane"/> with real time and a real network.</summary>
internal sealed class Peer : KickedWork, IDisposable
{
    private readonly MulticastMember _member;
    private readonly OutboundLane _lane;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly long _since;
    private long _lowest = long.MaxValue;
    private bool _isDead;
    private bool _isClosed;

    /// <param name="member">This member.</param>
    /// <param name="silo">The other.</param>
    /// <param name="since">The stamp at which the lane begins; 0 when nothing that concerns replicas was published before.</param>
    internal Peer(MulticastMember member, SiloAddress silo, long since)
        : base(member.Lease.Queue)
    {
        (_member, Silo, _since) = (member, silo, since);
        _lane = new OutboundLane(member.LaneLimits, member.Lease.Random);
        _timer = member.Clock.Time.CreateTimer(static peer => ((Peer)peer!).Kick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal SiloAddress Silo { get; }

    /// <summary>The number of the first frame that the other is not known to have. Read without the lock: it is low for a moment rather than high.</summary>
    internal long Lowest => Volatile.Read(ref _lowest);

    internal int Depth
    {
        get
        {
            lock (_gate)
                return _lane.Frames;
        }
    }

    internal bool IsDrained
    {
        get
        {
            lock (_gate)
                return _isDead || _lane.IsEmpty;
        }
    }

    internal void Enqueue(Frame frame, PendingPublish? pending)
    {
        bool fits, isReady;
        lock (_gate)
        {
            if (_isClosed)
                return;
            pending?.Hold();
            fits = _lane.Enqueue(frame, pending);
            isReady = _lane.IsReady;
            NoteLowest();
        }

        if (!fits)
            _member.OnLaneFull(Silo);
        if (isReady)
            Kick();
    }

    /// <summary>Tells the receiver that frames were lost before this lane, which is new, could have them.</summary>
    internal void LoseEarlier()
    {
        lock (_gate)
        {
            _lane.LoseEarlier();
            NoteLowest();
        }

        Kick();
    }

    internal void OnSettled(Acknowledgement acknowledgement)
    {
        lock (_gate)
        {
            _lane.OnSettled(acknowledgement);
            NoteLowest();
        }

        Kick();
    }

    /// <summary>The other is dead, and may not know it: nothing is sent any more, but whoever publishes waits for it until the peer is closed.</summary>
    internal void Bury()
    {
        lock (_gate)
        {
            _isDead = true;
            _lane.Bury();
            NoteLowest();
        }
    }

    /// <summary>The other has left, or this member has: whoever waits for it need not any more.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            _lane.Abandon();
            NoteLowest();
        }

        Dispose();
    }

    public void Dispose() => _timer.Dispose();

    protected override void Run()
    {
        OutgoingBatch? batch;
        var settled = _member.SettledEverywhere;
        var mark = _member.NextMark();
        lock (_gate)
        {
            if (_isClosed || _isDead)
                return;
            var now = _member.Clock.Now;
            if (_member.Streams.HasReplicas)
                _lane.Beat = _member.Lease.Times.Renewal;
            if (!_lane.TryTake(now, mark, out batch))
            {
                _timer.Change(_lane.NextDue(now) is { } due ? Max(due - now, TimeSpan.FromMilliseconds(1)) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            settled = _lane.ToSequence(settled);
        }

        _ = SendAsync(batch, settled);

        static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    private void NoteLowest() => Volatile.Write(ref _lowest, _isDead || _isClosed ? long.MaxValue : _lane.Lowest);

    private async Task SendAsync(OutgoingBatch batch, long settled)
    {
        Interlocked.Increment(ref _member.Counters.Batches);
        if (batch.IsRetry)
            Interlocked.Increment(ref _member.Counters.Retries);
        Acknowledgement? acknowledgement = null;
        try
        {
            acknowledgement = await _member.Transport.DeliverAsync(
                Silo, new Batch(_member.Name, _member.Incarnation, batch.First, batch.Frames.Length, batch.Gap, Concatenate(batch.Frames), settled, batch.Mark, _since));
        }
#pragma warning disable CA1031 // A network may fail in any way; all of them mean: try again, until the view says that the other has left.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _member.Log.BatchFailed(exception, _member.Name, Silo);
        }

        if (acknowledgement is { Overruled: not null } && !_member.Lease.Stamps.Observe(acknowledgement.Stamp))
            acknowledgement = acknowledgement with { Stamp = Acknowledgement.OutOfReach };
        lock (_gate)
        {
            if (acknowledgement is null)
                _lane.OnFailed(_member.Clock.Now);
            else
                _lane.OnAcknowledged(batch, acknowledgement, _member.Clock.Now);
            NoteLowest();
        }

        Kick();
        _member.OnLaneProgress();
    }

    private static byte[] Concatenate(Frame[] frames)
    {
        var bytes = new byte[frames.Sum(frame => frame.Bytes.Length)];
        var position = 0;
        foreach (var frame in frames)
        {
            frame.Bytes.CopyTo(bytes, position);
            position += frame.Bytes.Length;
        }

        return bytes;
    }
}
