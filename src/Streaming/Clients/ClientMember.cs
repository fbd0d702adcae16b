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
internal sealed partial class ClientMember : MulticastMember, IClientChannel, IMulticastClientObserver, IDisposable
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
