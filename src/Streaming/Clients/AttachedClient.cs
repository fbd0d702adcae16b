namespace McCache.Streaming;

/// <summary>
/// A client outside the cluster as its gateway knows it. The gateway publishes for it, tells it what others publish, and stands for it toward them: what it was told is settled when it has
/// acknowledged, or can no longer serve. It may serve for as long as it was granted, which is never longer than the gateway itself may.
/// </summary>
internal sealed partial class AttachedClient : LaneSender
{
    /// <summary>How long a client that wants to listen waits for the others to know: less than it waits for its gateway.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private const int MaxKnown = 1_000;

    private readonly SiloMember _member;
    private readonly ulong _id;
    private readonly IMulticastClientObserver _observer;
    private readonly Receiver _receiver;
    private readonly ITimer _expiry;
    private readonly Lock _state = new();
    private readonly Lock _receiving = new();
    private readonly Dictionary<byte[], string?> _mayPublish = new(StreamNames.Comparer); // why not; null for a stream on which it may. Under _receiving
    private HashSet<byte[]> _streams = new(StreamNames.Comparer);
    private long _interest = long.MinValue;
    private TimeSpan _leaseEnd;
    private long _unansweredSince; // ticks
    private bool _isDismissed;
    private bool _hasLeft;

    internal AttachedClient(SiloMember member, ulong id, IMulticastClientObserver observer)
        : base(member)
    {
        (_member, _id, _observer) = (member, id, observer);
        Name = (observer is SealedObserver { Client: var client } ? client : (object)observer) is GrainReference reference ? reference.GrainId.ToString().Split('+')[0] : $"{id}";
        (_frames, _bytes) = (new(member.Options.MaxClientFramesPerSecond), new(member.Options.MaxClientBytesPerSecond));
        _receiver = new Receiver(this);
        _expiry = member.Clock.Time.CreateTimer(static client => ((AttachedClient)client!).OnExpiry(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Which client it is, by the address that it answers to: the same for all its attachments.</summary>
    internal string Name { get; }

    /// <exception cref="UnauthorizedAccessException">The client may not attach, or not hear what it wants to.</exception>
    /// <exception cref="LimitExceededException">It wants to hear too much.</exception>
    internal void CheckAttach(Interest interest)
    {
        CheckCount(interest);
        _member.Access?.CheckAttach(_member.Name, Name);
        foreach (var stream in interest.Streams)
            CheckHear(stream);
    }

    /// <exception cref="UnauthorizedAccessException">The client may not hear the stream.</exception>
    internal void CheckHear(byte[] stream)
    {
        if (_member.Access is { } access && StreamNames.IsWellFormed(stream))
            access.CheckHear(_member.Name, StreamNames.ToStreamId(stream), Name);
    }

    /// <summary>Grants the client more time. A client that answers no batches gets none.</summary>
    internal Grant Renew(TimeSpan duration)
    {
        var times = _member.Lease.Times;
        lock (_state)
        {
            var now = _member.Clock.Now;
            var granted = Min(Min(duration, times.Duration), _member.ServesFor);
            if (_hasLeft || _isDismissed || granted < TimeSpan.Zero || (!IsDrained && now - new TimeSpan(Volatile.Read(ref _unansweredSince)) > times.Duration))
                granted = TimeSpan.Zero;
            if (granted > TimeSpan.Zero)
            {
                var end = now + (granted * (times.Wait / times.Duration)); // its clock may be slower
                _leaseEnd = end > _leaseEnd ? end : _leaseEnd;
                _expiry.Change(_leaseEnd - now, Timeout.InfiniteTimeSpan);
            }

            return new(_member.Silo, !_hasLeft, granted);
        }

        static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
    }

    /// <summary>Takes what the client listens to. It gets everything that is published after the task has completed.</summary>
    /// <returns>False when the client has left.</returns>
    /// <exception cref="TimeoutException">Others could not be told in time.</exception>
    /// <exception cref="InvalidOperationException">This silo is over.</exception>
    /// <exception cref="UnauthorizedAccessException">The client may not hear a stream that is new; nothing has changed.</exception>
    /// <exception cref="LimitExceededException">The client listens to too many streams; nothing has changed.</exception>
    internal async ValueTask<bool> ListenAsync(Interest interest)
    {
        if (!Listen(interest))
            return false;
        var heard = _member.HearAsync(_streams);
        if (!heard.IsCompletedSuccessfully)
            await heard.AsTask().WaitAsync(s_patience, _member.Clock.Time);
        return true;
    }

    private bool Listen(Interest interest)
    {
        CheckCount(interest);
        Pay(interest);
        lock (_state)
        {
            if (_hasLeft)
                return false;
            if (interest.Version <= _interest)
                return true;
            foreach (var stream in interest.Streams.Where(name => !_streams.Contains(name)))
                CheckHear(stream);
            _interest = interest.Version;
            var streams = interest.Streams.Where(name => StreamNames.IsWellFormed(name)).ToHashSet(StreamNames.Comparer);
            foreach (var added in streams.Except(_streams, StreamNames.Comparer))
                _member.Streams.Add(added, this);
            foreach (var removed in _streams.Except(streams, StreamNames.Comparer))
                _member.Streams.Remove(removed, this);
            _streams = streams;
            return true;
        }
    }

    /// <summary>Publishes what the client publishes.</summary>
    internal Acknowledgement Receive(Batch batch)
    {
        lock (_receiving)
        {
            if (_hasLeft)
                return Acknowledgement.None;
            if (!TryPay(batch))
                return _receiver.Acknowledge() with { IsThrottled = true };
            var admission = _receiver.Admit(batch);
            if (!admission.IsAccepted)
                return _receiver.Acknowledge();
            if (admission.Lost is { } gap)
                TellGap(gap);
            if (!Publish(batch, admission.Skip))
            {
                _member.RefuseBatch(_receiver, batch);
                TellGap(Gap.All);
            }

            _receiver.Commit(batch);
            return _receiver.Acknowledge() with { Sent = Last };
        }
    }

    /// <summary>The gateway stops: the client is asked to go. Until it has, or its lease has run out, others wait for it.</summary>
    internal void Dismiss()
    {
        lock (_state)
            _isDismissed = true;
        _receiver.Stop();
        _ = DismissAsync();
    }

    /// <summary>The client serves nothing on this silo's word any more. Nothing about it is kept.</summary>
    internal void Leave()
    {
        lock (_receiving) // whatever of it is being made is made before anybody takes it for gone
        {
            lock (_state)
            {
                if (_hasLeft)
                    return;
                _hasLeft = true;
                foreach (var stream in _streams)
                    _member.Streams.Remove(stream, this);
            }

            _receiver.Stop();
        }

        Close();
        _member.OnClientLeft(_id);
    }

    public override void Dispose()
    {
        base.Dispose();
        _expiry.Dispose();
    }

    private protected override void OnBusy() => Volatile.Write(ref _unansweredSince, _member.Clock.Now.Ticks);

    private protected override void OnFull() => _member.OnLaneFull("a client");

    private protected override ValueTask<Acknowledgement> DeliverAsync(OutgoingBatch batch, byte[] frames, long settled)
        => _observer.Deliver(new Batch(_member.Name, new Incarnation(_member.Silo, _id), batch.First, batch.Frames.Length, batch.Gap, frames));

    private protected override Acknowledgement? OnAnswered(Acknowledgement acknowledgement)
    {
        if (acknowledgement.Receiver == _id)
        {
            Volatile.Write(ref _unansweredSince, _member.Clock.Now.Ticks);
            return acknowledgement;
        }

        Leave(); // it has gone to another gateway
        return null;
    }

    private protected override void OnUnanswered(Exception exception) => _member.Log.ClientUnanswered(exception, _member.Name);

    private void OnExpiry()
    {
        lock (_state)
        {
            var left = _leaseEnd - _member.Clock.Now;
            if (!_hasLeft && left > TimeSpan.Zero)
            {
                _expiry.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        Leave();
    }

    private async Task DismissAsync()
    {
        try
        {
            await _observer.Detach(_id);
            Leave();
        }
#pragma warning disable CA1031 // Whatever went wrong, its lease runs out.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _member.Log.ClientUnanswered(exception, _member.Name);
        }
    }

    /// <returns>False when the bytes are not the frames that the header speaks of, or stand for more than any client sends at a time. What could be read has been published.</returns>
    private bool Publish(Batch batch, int skip)
    {
        var reader = new FrameReader(batch.Frames);
        var (name, size, isWhole) = (Array.Empty<byte>(), 0L, true);
        for (var i = 0; i < batch.Count && isWhole; i++)
        {
            if (!reader.TryRead(out var frame) || ((size += frame.Size) > MaxUnpackedBytes && i > 0))
            {
                isWhole = false;
            }
            else if (i >= skip)
            {
                if (!frame.Name.SequenceEqual(name))
                    name = frame.Name.ToArray(); // frames share it
                Publish(frame, name, batch.First + i);
            }
        }

        PayMore(size - batch.Frames.Length);
        return isWhole && reader.IsAtEnd;
    }

    /// <summary>What has to be settled is bounded by who waits for it, and, where nobody does, by a number: above that, somebody is slow, and what the client tells is told and not followed up.</summary>
    private void Publish(in FrameView frame, byte[] name, long sequence)
    {
        var awaited = _receiver.Track(name, sequence);
        var awaiting = frame.IsAwaited ? Awaiting.Coherence : _receiver.Unsettled <= _member.Options.MaxLaneFrames ? Awaiting.Settling : Awaiting.Nothing;
        if ((FindOversize(frame) ?? FindRefusal(name)) is { } refusal)
        {
            awaited.Refuse(refusal);
            awaited.Settle();
            return;
        }

        try
        {
            var handler = _member.Streams.Find(name).Handler;
            _ = SettleAsync(
                frame.Kind is not (FrameKind.Item or FrameKind.Completed or FrameKind.Error) ? throw new InvalidDataException("A client published a frame of an unknown kind.")
                : frame.Kind == FrameKind.Item && handler is not null ? handler.MakeAsync(frame.Payload, awaiting, this)
                : SendAsync(_member.CreateFrame(frame.Kind, awaiting != Awaiting.Nothing, name, frame.Payload)),
                awaited);
        }
#pragma warning disable CA1031 // Whatever a client's bytes do here, they do to the client only.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnFailed(exception, awaited);
        }

        async ValueTask SendAsync(Frame copy)
        {
            if (awaiting != Awaiting.Nothing)
                await _member.SendAsync(copy, isLocal: true, this, CancellationToken.None);
            else
                _member.Send(copy, null, isLocal: true, this);
        }
    }

    /// <summary>Why the client may not publish on a stream; null when it may. Asked once a stream.</summary>
    private string? FindRefusal(ReadOnlySpan<byte> name)
    {
        if (_member.Access is not { } access)
            return null;
        var known = _mayPublish.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (known.TryGetValue(name, out var refusal))
            return refusal;
        try
        {
            access.CheckPublish(_member.Name, StreamNames.ToStreamId(name), Name);
        }
        catch (UnauthorizedAccessException exception)
        {
            refusal = exception.Message;
        }

        if (_mayPublish.Count < MaxKnown)
            known[name] = refusal;
        return refusal;
    }

    private async Task SettleAsync(ValueTask published, IAwaited awaited)
    {
        try
        {
            await published;
            awaited.Settle();
        }
#pragma warning disable CA1031 // It goes to the client.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            OnFailed(exception, awaited);
        }
    }

    private void OnFailed(Exception exception, IAwaited awaited)
    {
        if (_member.IsOver)
            return; // not settled: the client goes to another gateway, and publishes it again
        _member.OnHandlerFailed(exception);
        awaited.Refuse(exception.Message);
        awaited.Settle();
    }

    /// <summary>
    /// What the client has published and what was lost is lost for everybody: others drop their copies. Replicas need not: what was lost had no version yet, and was nowhere.
    /// </summary>
    private void TellGap(Gap gap)
    {
        var told = _receiver.TrackLoss();
        foreach (var name in gap.Streams ?? [.. _member.Streams.All.Select(stream => stream.Key)])
        {
            if (StreamNames.IsWellFormed(name) && FindRefusal(name) is null && _member.Streams.Find(name).Handler is not { IsReplica: true })
                _ = TellGapAsync(name, told);
        }

        told.Settle();
    }

    private async Task TellGapAsync(byte[] name, IAwaited told)
    {
        told.Hold();
        _member.LoseHere(name);
        try
        {
            await _member.SendAsync(new Frame(FrameKind.Gap, true, name, []), isLocal: false, this, CancellationToken.None);
            told.Settle();
        }
        catch (InvalidOperationException)
        {
            // This silo is over, and the client goes to another gateway.
        }
    }

    /// <summary>The way in from the client.</summary>
    private sealed class Receiver(AttachedClient client) : LaneReceiver(client._member, new Incarnation(client._member.Silo, client._id), client._id)
    {
        protected override void Run() => client._observer.Settled(client._id, Acknowledge() with { Sent = client.Last }).Ignore();
    }
}
