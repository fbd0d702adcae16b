using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>
/// A process outside the cluster as a member of one multicast provider, through its gateway: the gateway publishes for it and tells it what others publish, and it may serve copies for as long
/// as the gateway grants. When the gateway is lost it looks for another by itself.
/// </summary>
/// <remarks>
/// <para>A grant is a duration, counted on this client's own clock from when it asked. The gateway waits for a client as long as it was granted, and never grants longer than it may serve itself; so
/// whoever waits for the gateway, dead or alive, has waited for its clients.</para>
/// <para>Another gateway is a gap: whatever was published in between was not heard. What this client had published and what is not known to be settled is published again, see
/// <see cref="Resend"/>.</para>
/// </remarks>
internal sealed class ClientMember : MulticastMember, IClientChannel, IMulticastClientObserver, IDisposable
{
    /// <summary>Gateways are asked by grains with keys below this: which silo answers a key is a matter of the client's connections.</summary>
    internal const int GatewayKeys = 64;

    internal static readonly TimeSpan MinAttachDelay = TimeSpan.FromMilliseconds(50);
    internal static readonly TimeSpan MaxAttachDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Lock _interestGate = new();
    private readonly LeaseTimes _times;
    private readonly TimeSpan _patience;
    private readonly Func<int, IGatewayLink> _findGateway;
    private readonly Lazy<IMulticastClientObserver> _self;
    private readonly ClockWatch _watch;
    private readonly SentFrames _sent;
    private readonly HashSet<byte[]> _refused = new(StreamNames.Comparer);
    private readonly Throttle _throttled = new();
    private readonly Ticking _ticking;
    private readonly ITimer _timer;
    private TaskCompletionSource<GatewaySession> _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GatewaySession? _session;
    private GatewaySession? _attaching;
    private TimeSpan _nextAttach;
    private TimeSpan _nextRenewal;
    private TimeSpan _aloneSince;
    private TaskCompletionSource? _drained;
    private int _failures;
    private long _number;
    private long _interest;
    private Exception? _lastFailure;
    private bool _hasBegun;
    private bool _wasAttached;
    private bool _isClosed;

    /// <param name="name">The name of the provider.</param>
    /// <param name="options">Its bounds.</param>
    /// <param name="times">How long this client wants to serve on one grant, and how often it asks.</param>
    /// <param name="patience">How long a coherent verb waits for a gateway to be found.</param>
    /// <param name="maxClockSkew">See <see cref="McCacheOptions.MaxClockSkew"/>.</param>
    /// <param name="findGateway">Reaches a gateway by a key.</param>
    /// <param name="reference">Makes a reference to this client that a gateway can call.</param>
    /// <param name="time">Time.</param>
    /// <param name="random">Jitter and identities.</param>
    /// <param name="log">Log.</param>
    /// <param name="queue">Runs work; the thread pool when null.</param>
    internal ClientMember(
        string name,
        MulticastOptions options,
        LeaseTimes times,
        TimeSpan patience,
        TimeSpan maxClockSkew,
        Func<int, IGatewayLink> findGateway,
        Func<IMulticastClientObserver, IMulticastClientObserver> reference,
        TimeProvider time,
        Random random,
        ILogger log,
        Action<IThreadPoolWorkItem>? queue = null)
        : base(name, options, new MemberClock(time), new HybridClock(time, maxClockSkew), random, queue ?? KickedWork.OnThreadPool, log)
    {
        (_times, _patience, _findGateway) = (times, patience, findGateway);
        _self = new(() => reference(this), LazyThreadSafetyMode.PublicationOnly);
        _watch = new ClockWatch(Clock, times.Margin);
        _sent = new SentFrames(LaneLimits, OnRefused);
        _ticking = new Ticking(this);
        _timer = time.CreateTimer(static member => ((ClientMember)member!)._ticking.Kick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The gateway; null while there is none.</summary>
    internal SiloAddress? Gateway => Volatile.Read(ref _session)?.Attachment.Silo;

    /// <summary>How long this client may still serve.</summary>
    internal TimeSpan ValidFor => Volatile.Read(ref _session) is { } session && session.Until - Clock.Now is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    // Publishing. -------------------------------------------------------------------------------------------------------------------------

    internal override bool Send(Frame frame, PendingPublish? pending, bool isLocal, AttachedClient? onBehalfOf = null)
    {
        Interlocked.Increment(ref Counters.Published);
        lock (_gate)
        {
            if (_isClosed)
                return false;
            frame.SetNumber(++_number, Stamps.Next());
            var sent = _sent.Add(frame, pending);
            _session?.Send(sent);
            if (isLocal)
                DeliverHere(frame, pending);
        }

        Begin();
        return true;
    }

    public void Watch(Action applied)
    {
        GatewaySession? session;
        lock (_gate)
            session = _session;
        if (session is null)
            applied();
        else
            session.Watch(applied);
    }

    /// <summary>
    /// What was not settled, in the next session. A coherent verb of a cache is in flight still, so it may happen now. A dictionary verb has returned: others may have superseded what it set since, also
    /// if no gateway has had it yet, so it is told as a removal, which is never wrong, and wins over what the old gateway may have made of it. A stream's items would come twice where they have come already: the stream has a gap, and whoever awaits one is told.
    /// </summary>
    private void Resend(GatewaySession session)
    {
        var (frames, forgotten) = _sent.Take();
        HashSet<byte[]> lost = new(forgotten, StreamNames.Comparer);
        foreach (var sent in frames)
        {
            if (!sent.WasSent || Streams.Find(sent.Frame.Name).Handler is not null)
                continue;
            lost.Add(sent.Frame.Name);
            sent.Pending?.Fail(new InvalidOperationException($"The gateway of this client was lost while an item was published on multicast provider '{Name}': not every subscription may get it."));
            sent.Settle();
        }

        session.LoseEarlier(lost);
        foreach (var sent in frames)
        {
            if (sent.Node is null)
                continue;
            var (handler, isCoherent) = (Streams.Find(sent.Frame.Name).Handler, sent.IsCoherent);
            if (!isCoherent && handler is not null)
            {
                if (handler.Again(sent.Frame.Payload.Span) is not { } payload)
                {
                    sent.Settle();
                    continue;
                }

                var again = new Frame(FrameKind.Item, true, sent.Frame.Name, payload); // awaited: it wins over what the old gateway has made of it
                again.SetNumber(sent.Frame.Number, sent.Frame.Stamp);
                _sent.Replace(sent, again);
            }

            session.Send(sent);
            if (isCoherent && handler?.SentAgain(sent.Frame.Payload.Span) is { } applied)
                session.Watch(applied);
        }
    }

    /// <summary>The gateway wants this client to wait: what it publishes gathers on its lane.</summary>
    internal void OnThrottled(SiloAddress gateway)
    {
        Interlocked.Increment(ref Counters.Throttled);
        if (_throttled.TryPass(Clock.Now))
            Log.Throttled(Name, gateway);
    }

    private void OnRefused(byte[] stream)
    {
        lock (_refused)
            _refused.Add(stream);
        _ticking.Kick();
    }

    /// <summary>A write of this client was refused, but its own memory had made it: what others hold is not known.</summary>
    private void LoseRefused()
    {
        byte[][] refused;
        lock (_refused)
        {
            refused = [.. _refused];
            _refused.Clear();
        }

        foreach (var stream in refused)
            Lose(Streams.Find(stream) with { Subscriptions = [] }, SiloAddress.Zero, 0);
    }

    // Listening. --------------------------------------------------------------------------------------------------------------------------

    public override void Attach(StreamId stream, IFrameHandler handler)
    {
        base.Attach(stream, handler);
        Begin();
        _ = HearQuietlyAsync();
    }

    public Task ListenAsync(StreamId stream, CancellationToken cancellationToken) => ListenAsync(StreamNames.Of(stream)).WaitAsync(cancellationToken);

    public Task AttachedAsync(CancellationToken cancellationToken) => FindSessionAsync().WaitAsync(cancellationToken);

    internal override async Task ListenAsync(byte[] stream)
    {
        for (var failures = 0; ; failures++)
        {
            var session = await FindSessionAsync();
            try
            {
                if (await HearAsync(session))
                    return;
            }
#pragma warning disable CA1031 // Whatever went wrong, the session goes on, or there will be another.
            catch (Exception exception) when (failures < 10)
#pragma warning restore CA1031
            {
                Log.GatewayUnanswered(exception, Name);
            }

            await Task.Delay(MinAttachDelay, Clock.Time);
        }
    }

    internal override void OnForsaken(byte[] stream) => _ = HearQuietlyAsync();

    public async ValueTask<byte[]> AskGatewayAsync(StreamId stream, byte[] request, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _session) is not { } session)
            return [];
        await session.AppliedAsync().WaitAsync(cancellationToken);
        return await session.Gateway.Ask(session.Attachment, StreamNames.Of(stream), request).AsTask().WaitAsync(cancellationToken);
    }

    private Interest NextInterest()
    {
        lock (_interestGate) // of two, the one with the larger version was read later
            return new(++_interest, [.. Streams.All.Select(stream => stream.Key)]);
    }

    private async Task<bool> HearAsync(GatewaySession session)
    {
        var interest = NextInterest();
        if (!await session.Gateway.Listen(session.Attachment, interest))
        {
            End(session);
            return false;
        }

        foreach (var stream in interest.Streams.Where(stream => !session.Hears(stream)))
            Lose(Streams.Find(stream) with { Subscriptions = [] }, SiloAddress.Zero, 0); // what it was told before it could hear
        session.Hear(interest);
        Serve();
        return true;
    }

    private async Task HearQuietlyAsync()
    {
        if (Volatile.Read(ref _session) is not { } session)
            return; // whoever attaches names all streams
        try
        {
            await HearAsync(session);
        }
#pragma warning disable CA1031 // It is tried again with the next renewal.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.GatewayUnanswered(exception, Name);
        }
    }

    private async Task<GatewaySession> FindSessionAsync()
    {
        Begin();
        Task<GatewaySession> attached;
        lock (_gate)
            attached = _session is not null ? Task.FromResult(_session) : _attached.Task;
        try
        {
            return await attached.WaitAsync(_patience, Clock.Time);
        }
        catch (TimeoutException)
        {
            throw NoGateway();
        }
    }

    private TimeoutException NoGateway() => new(
        $"Multicast provider '{Name}': no gateway that is entitled to serve was found within {_patience}.{(Volatile.Read(ref _lastFailure) is { } failure ? $" The last one that was asked: {failure.Message}" : "")}", _lastFailure);

    private protected override long ServeUntil(byte[] stream)
        => Volatile.Read(ref _isClosed) || !Volatile.Read(ref _wasAttached) ? 0
            : Volatile.Read(ref _session) is { } session && session.Hears(stream) ? Clock.ToTicks(session.Until)
            : 1; // a time that has passed

    // What the gateway calls. -------------------------------------------------------------------------------------------------------------

    ValueTask<Acknowledgement> IMulticastClientObserver.Deliver(Batch batch)
    {
        if (Find(batch.Publisher.Id) is not { } session || !session.IsFrom(batch.Publisher.Silo))
            return new(Acknowledgement.None);
        var acknowledgement = Receive(session.Receiver, batch);
        session.OnHeard();
        return new(acknowledgement);
    }

    Task IMulticastClientObserver.Settled(ulong id, Acknowledgement acknowledgement)
    {
        Find(id)?.Sender.OnSettled(acknowledgement);
        return Task.CompletedTask;
    }

    ValueTask IMulticastClientObserver.Detach(ulong id)
    {
        if (Find(id) is { } session)
        {
            session.Expire(); // also if its grant is still on the way
            End(session);
        }

        return default;
    }

    private GatewaySession? Find(ulong id)
    {
        lock (_gate)
            return _session?.Id == id ? _session : _attaching?.Id == id ? _attaching : null;
    }

    // The session. ------------------------------------------------------------------------------------------------------------------------

    /// <summary>A gateway is looked for when somebody needs one.</summary>
    private void Begin()
    {
        lock (_gate)
        {
            if (_hasBegun || _isClosed)
                return;
            _hasBegun = true;
            _aloneSince = Clock.Now;
        }

        _ticking.Kick();
    }

    /// <summary>The session is over, and nothing is served any more until there is another.</summary>
    internal void End(GatewaySession session)
    {
        session.Expire();
        Serve(); // before anybody is told that this client has gone
        lock (_gate)
        {
            if (_session != session)
                return;
            _session = null;
            (_aloneSince, _nextAttach, _failures) = (Clock.Now, TimeSpan.Zero, 0);
            _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        session.Dispose();
        if (!Volatile.Read(ref _isClosed))
            Log.GatewayLost(Name, session.Attachment.Silo);
        _ticking.Kick();
    }

    private void Tick()
    {
        LoseRefused();
        GatewaySession? ended = null, renewed = null, attached = null;
        bool isImpatient;
        lock (_gate)
        {
            if (!_hasBegun || _isClosed)
                return;
            var now = Clock.Now;
            if (_watch.HaveParted(now))
            {
                _session?.Expire();
                _attaching?.Expire();
            }

            if (_session is { } session)
            {
                if (now >= session.Until)
                {
                    ended = session;
                }
                else if (now >= _nextRenewal)
                {
                    _nextRenewal = now + NextRenewal(session);
                    renewed = session;
                }
            }
            else if (_attaching is null && now >= _nextAttach)
            {
                attached = _attaching = new GatewaySession(this, NewId());
            }

            isImpatient = _session is null && now - _aloneSince >= _patience;
            if (isImpatient)
                _aloneSince = now;
            var due = _session is null ? _attaching is null ? _nextAttach : now + MaxAttachDelay : _nextRenewal < _session.Until ? _nextRenewal : _session.Until;
            _timer.Change(due - now > TimeSpan.FromMilliseconds(1) ? due - now : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }

        if (isImpatient)
            FailAll(NoGateway);
        if (ended is not null)
            End(ended);
        if (renewed is not null)
            _ = RenewAsync(renewed);
        if (attached is not null)
            _ = AttachAsync(attached);
    }

    private async Task AttachAsync(GatewaySession session)
    {
        var isAttached = false;
        try
        {
            session.Gateway = _findGateway(Random.Next(GatewayKeys)); // fails while the client is not connected, or no silo has McCache
            var askedAt = Clock.Now;
            var interest = NextInterest();
            var grant = await session.Gateway.Attach(Name, session.Id, _times.Duration, interest, _self.Value);
            isAttached = grant.IsKnown && Begin(session, grant, askedAt, interest);
            if (grant.IsKnown && !isAttached)
                session.Gateway.Detach(new Attachment(Name, grant.Silo, session.Id)).Ignore(); // nobody need wait for it
        }
#pragma warning disable CA1031 // Whatever went wrong, another gateway is asked.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Volatile.Write(ref _lastFailure, exception);
            Log.GatewayUnanswered(exception, Name);
        }

        lock (_gate)
        {
            _attaching = null;
            _failures = isAttached ? 0 : Math.Min(_failures + 1, 16);
            var delay = TimeSpan.FromMilliseconds(Math.Min(MinAttachDelay.TotalMilliseconds * Math.Pow(2, _failures), MaxAttachDelay.TotalMilliseconds));
            _nextAttach = Clock.Now + (delay * Jitter());
        }

        if (!isAttached)
            session.Dispose();
        _ticking.Kick();
    }

    /// <summary>A new session. Whatever is held may be old, so it is dropped before anything is served.</summary>
    private bool Begin(GatewaySession session, Grant grant, TimeSpan askedAt, Interest interest)
    {
        if (askedAt + grant.Duration <= Clock.Now)
            return false; // the answer has come too late
        if (!session.Begin(grant.Silo))
            return false;
        session.Extend(askedAt, grant.Duration);
        session.Hear(interest);
        foreach (var (_, listeners) in Streams.All)
            Lose(_wasAttached ? listeners : listeners with { Subscriptions = [] }, grant.Silo, 0);
        TaskCompletionSource<GatewaySession> attached;
        lock (_gate)
        {
            if (_isClosed || session.IsExpired)
                return false;
            Resend(session);
            Volatile.Write(ref _session, session);
            Volatile.Write(ref _wasAttached, true);
            _nextRenewal = Clock.Now + NextRenewal(session);
            attached = _attached;
        }

        Log.GatewayFound(Name, grant.Silo);
        Serve();
        attached.TrySetResult(session); // after the handlers have been told: whoever waited finds caches that serve
        _ = HearQuietlyAsync(); // streams that came meanwhile
        return true;
    }

    private async Task RenewAsync(GatewaySession session)
    {
        var askedAt = Clock.Now;
        try
        {
            var grant = await session.Gateway.Renew(session.Attachment, _times.Duration);
            if (!grant.IsKnown)
            {
                End(session);
                return;
            }

            session.Extend(askedAt, grant.Duration);
            Serve();
            if (Streams.All.Any(stream => !session.Hears(stream.Key)))
                await HearQuietlyAsync();
        }
#pragma warning disable CA1031 // It is asked again, until the lease has run out.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.GatewayUnanswered(exception, Name);
        }
    }

    /// <summary>Gives what is on the way to the gateway the time that the token allows, lets the gateway know, and ends.</summary>
    internal async Task CloseAsync(CancellationToken cancellationToken)
    {
        GatewaySession? session;
        lock (_gate)
        {
            if (_isClosed)
                return;
            (session, _drained) = (_session, new()); // completed under no lock
        }

        OnLaneProgress();
        if (session is not null)
            await _drained.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        session = Volatile.Read(ref _session); // it may be another by now
        Dispose();
        if (session is not null)
            await session.Gateway.Detach(session.Attachment).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    internal override void OnLaneProgress()
    {
        if (Volatile.Read(ref _drained) is { } drained && Volatile.Read(ref _session)?.Sender.IsDrained != false)
            drained.TrySetResult();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            Volatile.Write(ref _isClosed, true);
        }

        _timer.Dispose();
        if (_session is { } session)
            End(session);
        Serve();
        FailAll(Stopped);
        _attached.TrySetException(Stopped());
        _ = _attached.Task.Exception;
    }

#pragma warning disable CA5394 // Jitter is no secret, and an identity has to be different only.
    /// <summary>Twice within what was granted last, and no oftener than ten times as often as was configured.</summary>
    private TimeSpan NextRenewal(GatewaySession session) => TimeSpan.FromTicks(Math.Clamp(session.Granted.Ticks / 2, _times.Renewal.Ticks / 10, _times.Renewal.Ticks)) * Jitter();

    private double Jitter() => 0.5 + (0.5 * Random.NextDouble());

    private ulong NewId() => (ulong)Random.NextInt64(1, long.MaxValue);
#pragma warning restore CA5394

    private sealed class Ticking(ClientMember member) : KickedWork(member.Queue)
    {
        protected override void Run() => member.Tick();
    }
}
