namespace McCache.Streaming;

/// <summary>The way out to one other place: drives an <see cref="OutboundLane"/> with real time and a real network.</summary>
internal abstract partial class LaneSender : KickedWork, IDisposable
{
    private readonly MulticastMember _member;
    private readonly OutboundLane _lane;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private long _lowest = long.MaxValue;
    private bool _isDead;
    private bool _isClosed;

    /// <param name="member">This member.</param>
    /// <param name="before">See <see cref="OutboundLane"/>.</param>
    private protected LaneSender(MulticastMember member, long before = 0)
        : base(member.Queue)
    {
        _member = member;
        _lane = new OutboundLane(member.LaneLimits, member.Random, before);
        _timer = member.Clock.Time.CreateTimer(static sender => ((LaneSender)sender!).Kick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The number of the first frame that the other is not known to have. Read without the lock: it is low for a moment rather than high.</summary>
    internal long Lowest => Volatile.Read(ref _lowest);

    /// <inheritdoc cref="OutboundLane.SettledStamp"/>
    internal long SettledStamp
    {
        get
        {
            lock (_gate)
                return _isDead || _isClosed ? long.MaxValue : _lane.SettledStamp;
        }
    }

    internal int Depth
    {
        get
        {
            lock (_gate)
                return _lane.Frames;
        }
    }

    /// <summary>The sequence number of the last frame.</summary>
    internal long Last
    {
        get
        {
            lock (_gate)
                return _lane.Last;
        }
    }

    internal bool IsDrained
    {
        get
        {
            lock (_gate)
                return _isDead || _isClosed || _lane.IsEmpty;
        }
    }

    /// <summary>Takes a frame, which is on its way when the method returns.</summary>
    internal void Enqueue(Frame frame, IAwaited? awaited)
    {
        bool fits, isReady;
        lock (_gate)
        {
            if (_isClosed)
            {
                awaited?.Overrule(Settlement.Unknown); // it has gone just now
                return;
            }

            awaited?.Hold();
            if (_lane.IsEmpty)
                OnBusy();
            fits = _lane.Enqueue(frame, awaited);
            isReady = _lane.IsReady;
            NoteLowest();
        }

        if (!fits)
        {
            Interlocked.Increment(ref _gaps);
            OnFull();
        }

        if (isReady)
            Kick();
    }

    /// <summary>Tells the receiver that frames were lost before this lane, which is new, could have them.</summary>
    /// <param name="streams">Of which streams; null for all.</param>
    internal void LoseEarlier(IEnumerable<byte[]>? streams = null)
    {
        lock (_gate)
        {
            _lane.LoseEarlier(streams);
            NoteLowest();
        }

        Kick();
    }

    /// <summary>The other says unasked that more is settled.</summary>
    internal void OnSettled(Acknowledgement acknowledgement)
    {
        if (OnAnswered(acknowledgement) is not { } seen)
            return;
        lock (_gate)
        {
            _lane.OnSettled(seen);
            NoteLowest();
        }

        Kick();
    }

    /// <summary>The other is dead, and may not know it: nothing is sent any more, but whoever publishes waits for it until the sender is closed.</summary>
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

    public virtual void Dispose() => _timer.Dispose();

    /// <summary>A stamp at or below which nothing will be enqueued any more.</summary>
    private protected virtual long ReadMark() => 0;

    /// <summary>The number up to which every place has this member's frames.</summary>
    private protected virtual long ReadSettled() => 0;

    /// <summary>See <see cref="OutboundLane.Beat"/>.</summary>
    private protected virtual TimeSpan? Beat => null;

    /// <summary>The number of a batch's last frame; 0 where frames of several publishers have numbers of their own.</summary>
    private protected virtual long LastNumber(OutgoingBatch batch) => 0;

    /// <summary>There is something to send, and there was nothing. Called under the gate.</summary>
    private protected virtual void OnBusy()
    {
    }

    /// <summary>The lane was full and has been dropped.</summary>
    private protected abstract void OnFull();

    /// <summary>One attempt.</summary>
    private protected abstract ValueTask<Acknowledgement> DeliverAsync(OutgoingBatch batch, byte[] frames, long settled);

    /// <summary>Looks at an acknowledgement before the lane does; null for one that says nothing.</summary>
    private protected virtual Acknowledgement? OnAnswered(Acknowledgement acknowledgement) => acknowledgement;

    /// <summary>An attempt was not answered.</summary>
    private protected abstract void OnUnanswered(Exception exception);

    protected override void Run()
    {
        OutgoingBatch? batch;
        var settled = ReadSettled();
        var mark = ReadMark();
        lock (_gate)
        {
            if (_isClosed || _isDead)
                return;
            var now = _member.Clock.Now;
            _lane.Beat = Beat;
            if (!_lane.TryTake(now, mark, out batch))
            {
                _timer.Change(_lane.NextDue(now) is { } due ? Max(due - now, TimeSpan.FromMilliseconds(1)) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        _ = SendAsync(batch, settled);

        static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    private void NoteLowest() => Volatile.Write(ref _lowest, _isDead || _isClosed ? long.MaxValue : _lane.Lowest);

    private async Task SendAsync(OutgoingBatch batch, long settled)
    {
        Interlocked.Increment(ref _member.Counters.Batches);
        if (batch.IsRetry)
        {
            Interlocked.Increment(ref _member.Counters.Retries);
            Interlocked.Increment(ref _retries);
        }

        var started = _member.Counters.RoundTrips.Start();
        Acknowledgement? acknowledgement = null;
        try
        {
            acknowledgement = OnAnswered(await DeliverAsync(batch, FrameWriter.Pack(batch.Frames, batch.MaxLength, LastNumber(batch)), settled));
            _member.Counters.RoundTrips.Record(started);
        }
#pragma warning disable CA1031 // A network may fail in any way; all of them mean: try again, until the other is known to have left.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnUnanswered(exception);
        }

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
}
