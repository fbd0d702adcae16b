using System.Collections.Frozen;

namespace McCache.Streaming;

/// <summary>One attachment of a client to a gateway: its lanes, both ways, and its lease.</summary>
internal sealed class GatewaySession : IDisposable
{
    private readonly ClientMember _member;
    private readonly Lock _gate = new();
    private FrozenSet<byte[]> _heard = FrozenSet<byte[]>.Empty;
    private readonly Queue<(long Sequence, Action Applied)> _watchers = new();
    private readonly Queue<(long Sequence, Action Applied)> _hearing = new(); // what is applied, and waits for what the gateway had sent before that
    private SiloAddress? _from;
    private long _interest;
    private long _sent;
    private long _applied;
    private long _until; // ticks of the member's clock

    internal GatewaySession(ClientMember member, ulong id)
    {
        (_member, Id) = (member, id);
        Receiver = new FromGateway(this);
        Sender = new ToGateway(this);
    }

    internal ulong Id { get; }

    /// <summary>Set before the session is asked for.</summary>
    internal IGatewayLink Gateway { get; set; } = null!;

    internal Attachment Attachment { get; private set; }

    internal LaneReceiver Receiver { get; }

    internal LaneSender Sender { get; }

    /// <summary>How many frames the gateway has been sent.</summary>
    internal long Sent => Volatile.Read(ref _sent);

    /// <summary>Until when this client may serve, by its own clock.</summary>
    internal TimeSpan Until => new(Volatile.Read(ref _until));

    /// <summary>The gateway has taken the attachment.</summary>
    /// <returns>False when another silo has been heard on it, which had been brought a copy of what this client asked.</returns>
    internal bool Begin(SiloAddress silo)
    {
        if (!IsFrom(silo))
            return false;
        Attachment = new(_member.Name, silo, Id);
        return true;
    }

    /// <summary>Whether the lane is the silo's: the first that is heard, and no other.</summary>
    internal bool IsFrom(SiloAddress silo)
    {
        lock (_gate)
            return (_from ??= silo).Equals(silo);
    }

    /// <summary>Sends a frame. Called under the member's lock.</summary>
    internal void Send(SentFrames.SentFrame sent)
    {
        Volatile.Write(ref _sent, _sent + 1);
        sent.WasSent = true;
        Sender.Enqueue(sent.Frame, sent);
    }

    /// <summary>The gateway had lost frames of some streams before it could have them. Called under the member's lock, before any <see cref="Send"/>.</summary>
    internal void LoseEarlier(IReadOnlyCollection<byte[]> streams)
    {
        if (streams.Count == 0)
            return;
        Volatile.Write(ref _sent, _sent + 1);
        Sender.LoseEarlier(streams);
    }

    /// <summary>Calls back when the gateway has applied what has been sent so far, and everything that it had sent before has been heard; or when the session has ended.</summary>
    internal void Watch(Action applied)
    {
        lock (_gate)
        {
            if (Sent > _applied || _hearing.Count > 0)
            {
                (Sent > _applied ? _watchers : _hearing).Enqueue((Sent > _applied ? Sent : 0, applied)); // behind those before it
                return;
            }
        }

        applied();
    }

    /// <inheritdoc cref="Watch"/>
    internal Task AppliedAsync()
    {
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Watch(applied.SetResult);
        return applied.Task;
    }

    private void OnApplied(long sequence, long sent)
    {
        lock (_gate)
        {
            _applied = Math.Max(_applied, sequence);
            while (_watchers.TryPeek(out var first) && first.Sequence <= _applied)
                _hearing.Enqueue((sent, _watchers.Dequeue().Applied));
        }

        OnHeard();
    }

    /// <summary>A batch of the gateway has been applied.</summary>
    internal void OnHeard(bool isOver = false)
    {
        List<Action> told = [];
        var heard = isOver ? long.MaxValue : Receiver.Applied;
        lock (_gate)
        {
            while (_hearing.TryPeek(out var first) && first.Sequence <= heard)
                told.Add(_hearing.Dequeue().Applied);
        }

        told.ForEach(applied => applied());
    }

    /// <summary>The gateway has granted time, counted from when it was asked.</summary>
    internal void Extend(TimeSpan askedAt, TimeSpan duration)
    {
        lock (_gate)
        {
            if (IsExpired)
                return;
            Granted = duration;
            Volatile.Write(ref _until, Math.Max(_until, (askedAt + duration).Ticks));
        }
    }

    /// <summary>What was granted last.</summary>
    internal TimeSpan Granted { get; private set; }

    /// <summary>Whether nothing that is granted counts any more.</summary>
    internal bool IsExpired => Volatile.Read(ref _until) == long.MinValue;

    /// <summary>The clocks have parted, or the gateway has gone: nothing that was granted counts, nor what will be.</summary>
    internal void Expire()
    {
        lock (_gate)
            Volatile.Write(ref _until, long.MinValue);
    }

    internal bool Hears(byte[] stream) => Volatile.Read(ref _heard).Contains(stream);

    /// <summary>The gateway sends what is published on these streams. Of two, the newer holds.</summary>
    internal void Hear(Interest interest)
    {
        lock (_gate)
        {
            if (interest.Version <= _interest)
                return;
            _interest = interest.Version;
            Volatile.Write(ref _heard, interest.Streams.ToFrozenSet(StreamNames.Comparer));
        }
    }

    /// <summary>The session has ended. What was sent and not settled is neither; it is sent again in the next.</summary>
    public void Dispose()
    {
        Receiver.Stop();
        Sender.Bury();
        Sender.Dispose();
        OnApplied(long.MaxValue, 0);
        OnHeard(isOver: true);
    }

    private sealed class ToGateway(GatewaySession session) : LaneSender(session._member)
    {
        private protected override void OnFull() => session._member.OnLaneFull("the gateway");

        private protected override ValueTask<Acknowledgement> DeliverAsync(OutgoingBatch batch, byte[] frames, long settled) => session.Gateway.Deliver(
            session.Attachment, new Batch(session._member.Name, new Incarnation(session.Attachment.Silo, session.Id), batch.First, batch.Frames.Length, batch.Gap, frames));

        private protected override Acknowledgement? OnAnswered(Acknowledgement acknowledgement)
        {
            if (acknowledgement.Receiver == session.Id)
            {
                if (acknowledgement.IsThrottled)
                    session._member.OnThrottled(session.Attachment.Silo);
                session.OnApplied(acknowledgement.Applied, acknowledgement.Sent);
                return acknowledgement;
            }

            session._member.End(session);
            return null;
        }

        private protected override void OnUnanswered(Exception exception) => session._member.Log.GatewayUnanswered(exception, session._member.Name);
    }

    private sealed class FromGateway(GatewaySession session) : LaneReceiver(session._member, new Incarnation(SiloAddress.Zero, session.Id), session.Id)
    {
        protected override void Run() => session.Gateway.Settled(session.Attachment, Acknowledge()).Ignore();
    }
}
