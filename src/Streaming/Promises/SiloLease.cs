using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>
/// This silo's part in the promise protocol: asks the others, answers them, reads the membership table when a promise is missing, and tells the silo's members what they may
/// do. Drives <see cref="ClusterView"/> and <see cref="Validity"/> with real time and a real network.
/// </summary>
/// <remarks>Thread-safe. Its lock is never held while anybody is called.</remarks>
internal sealed partial class SiloLease : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SiloAddress _self;
    private readonly ILeaseNetwork _network;
    private readonly ILogger _log;
    private readonly ClusterView _view;
    private readonly Validity _validity;
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _refreshing = Task.CompletedTask;
    private readonly Throttle _tableWarnings = new();
    private long _revision;
    private TimeSpan _nextAsk;
    private TimeSpan _nextTable;
    private bool _isReading;
    private bool _isRunning;

    internal SiloLease(SiloAddress self, LeaseTimes times, TimeSpan maxClockSkew, ILeaseNetwork network, TimeProvider time, Random random, ILogger log,
        Action<IThreadPoolWorkItem>? queue = null)
    {
        (_self, Times, _maxClockSkew, _network, Random, _log) = (self, times, maxClockSkew, network, random, log);
        Queue = queue ?? KickedWork.OnThreadPool;
        _partedWork = new PartedWork(this);
        Clock = new MemberClock(time);
        _watch = new ClockWatch(Clock, times.Margin);
        Stamps = new HybridClock(time, maxClockSkew);
        Events = new CoherenceEvents(time);
        _view = new ClusterView(self);
        _validity = new Validity(times, _view);
        _timer = time.CreateTimer(static lease => ((SiloLease)lease!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal MemberClock Clock { get; }

    /// <summary>The silo's hybrid logical clock: what it stamps its frames with.</summary>
    internal HybridClock Stamps { get; }

    internal LeaseTimes Times { get; }

    internal Random Random { get; }

    /// <summary>Runs what must not run under the caller's locks.</summary>
    internal Action<IThreadPoolWorkItem> Queue { get; }

    /// <summary>Completes when the silo has started.</summary>
    internal Task Started => _started.Task;

    /// <summary>Told every change, on whatever thread made it. States may arrive out of order; see <see cref="LeaseState.Revision"/>.</summary>
    internal Action<LeaseState>? Changed { get; set; }

    /// <summary>Rule 4, the publisher's own part: whether what everybody has settled may complete now.</summary>
    internal bool MayComplete
    {
        get
        {
            lock (_gate)
                return _validity.MayComplete(Clock.Now);
        }
    }

    /// <summary>How long this silo may still serve.</summary>
    internal TimeSpan ValidFor
    {
        get
        {
            lock (_gate)
            {
                var (until, now) = (_validity.ServeUntil, Clock.Now);
                return until > now ? until - now : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Begins to ask for promises. Called when the silo is active.</summary>
    internal void Begin()
    {
        lock (_gate)
            _isRunning = true;
        Tick();
    }

    /// <summary>Reads the table once and starts at once, as the only silo of the cluster.</summary>
    /// <exception cref="InvalidOperationException">There is another.</exception>
    internal async Task BeginAloneAsync(CancellationToken cancellationToken)
    {
        Observe(await _network.ReadTableAsync(cancellationToken));
        lock (_gate)
        {
            if (_view.LiveOthers.FirstOrDefault() is { } other)
                throw new InvalidOperationException(
                    $"{McCacheOptions.Section}:{nameof(McCacheOptions.SingleSilo)} is true, and {other} is in this cluster too; it must be false where there is more than one silo.");
            _validity.StartAlone();
        }

        Begin();
    }

    /// <summary>Takes a view of the cluster. When it returns, the members have lanes to every live silo in it.</summary>
    internal void Observe(ClusterRows rows)
    {
        LeaseState state;
        bool contradicts;
        lock (_gate)
        {
            if (!Take(rows, out contradicts))
                return;
            state = GetState();
        }

        Changed?.Invoke(state);
        if (contradicts)
            _log.TableContradicts(rows.Version);
        Rearm();
    }

    /// <summary>Rule 1: answers an asker, once this silo's view is at least as new as the asker's and shows it live. One that goes by another D gets no promise.</summary>
    internal async ValueTask<Promise> OnAskAsync(SiloAddress asker, MembershipVersion version, TimeSpan duration)
    {
        if (Version < version)
            await RefreshAsync(version);
        LeaseState state;
        Promise promise;
        lock (_gate)
        {
            var isGranted = _view.Version >= version && _view.IsLive(asker) && duration == Times.Duration;
            promise = new Promise(isGranted, _view.Version, WallClock, Times.Duration);
            state = GetState();
        }

        if (!promise.IsGranted)
            Interlocked.Increment(ref RefusedAsks);
        Changed?.Invoke(state); // the view may be newer than what its taker has told the members yet: they have a lane to the asker before it hears of a promise
        return promise with { Stamp = Stamps.Next() }; // read after the members have been told, whose floors begin no later
    }

    /// <summary>A silo serves and completes nothing any more.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="isDrained">Whether every other silo has everything that it had published.</param>
    internal void OnGoodbye(SiloAddress silo, bool isDrained)
    {
        LeaseState state;
        lock (_gate)
        {
            var (now, before) = (Clock.Now, _validity.ValidUntil);
            _view.OnGoodbye(silo, isDrained);
            _validity.OnView(before, now);
            _nextAsk = TimeSpan.Zero;
            state = GetState();
        }

        Changed?.Invoke(state);
        Rearm();
    }

    /// <summary>Says goodbye to every live silo. The silo's members complete nothing from here on.</summary>
    internal async Task SayGoodbyeAsync(bool isDrained, CancellationToken cancellationToken)
    {
        SiloAddress[] others;
        lock (_gate)
        {
            _isRunning = false;
            others = [.. _view.LiveOthers];
        }

        await Task.WhenAll(others.Select(silo => _network.SayGoodbyeAsync(silo, isDrained))).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose()
    {
        _timer.Dispose();
    }

    private MembershipVersion Version
    {
        get
        {
            lock (_gate)
                return _view.Version;
        }
    }

    /// <param name="rows">What is shown.</param>
    /// <param name="contradicts">Whether another look at the same version has shown less.</param>
    private bool Take(ClusterRows rows, out bool contradicts)
    {
        var (now, before) = (Clock.Now, _validity.ValidUntil);
        contradicts = rows.Version == _view.Version;
        if (!_view.Observe(rows.Version, rows.Silos, now))
            return contradicts = false;
        _validity.OnView(before, now);
        _nextAsk = TimeSpan.Zero; // a silo that is new is asked at once
        NoteView();
        return true;
    }

    private LeaseState GetState()
    {
        NoteServing();
        return new(
            ++_revision,
            _view.Current.Live,
            _view.Current.Left,
            _view.Current.DeadSince,
            _validity.ServeUntil,
            _validity.IsStarted,
            _view.IsSelfDead);
    }

    private void Tick()
    {
        LeaseState state;
        SiloAddress[] asked = [];
        MembershipVersion version;
        var reads = false;
        lock (_gate)
        {
            if (!_isRunning)
                return;
            var now = Clock.Now;
            WatchClocks(now);
            _validity.TryStart(now);
            _view.Forget(now - (Times.Wait * 2));
            ForgetSkews();
            version = _view.Version;
            if (now >= _nextAsk)
            {
                asked = [.. _view.LiveOthers];
                _nextAsk = now + (Times.Renewal * Jitter(0.5, 1));
            }

            if (!_isReading && now >= _nextTable && now >= _validity.TableDue)
            {
                reads = _isReading = true;
                _nextTable = now + (Times.TablePeriod * Jitter(0.75, 1.25));
            }

            state = GetState();
        }

        Changed?.Invoke(state);
        if (state.IsStarted)
            _started.TrySetResult(); // after the members have been told: whoever waited finds caches that serve
        foreach (var silo in asked)
            _ = AskAsync(silo, version);
        if (reads)
            _ = ReadTableAsync();
        Rearm();
    }

    private void Rearm()
    {
        lock (_gate)
        {
            if (!_isRunning)
                return;
            var now = Clock.Now;
            var due = _nextAsk;
            if (!_isReading)
                due = Min(due, Max(_nextTable, _validity.TableDue));
            if (_validity.StartDue is { } start)
                due = Min(due, start + TimeSpan.FromMilliseconds(1));
            foreach (var since in _view.DeadSince.Values)
            {
                if (since + Times.Wait > now)
                    due = Min(due, since + Times.Wait);
            }

            var wait = due - now;
            _timer.Change(wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }

        static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

        static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    private async Task AskAsync(SiloAddress silo, MembershipVersion version)
    {
        var askedAt = Clock.Now;
        var wallAsked = WallClock;
        try
        {
            var promise = await _network.AskAsync(silo, version, Times.Duration);
            Stamps.Observe(promise.Stamp);
            NoteSkew(silo, promise.WallClock - ((wallAsked + WallClock) / 2));
            if (promise.Duration != Times.Duration)
                _started.TrySetException(new InvalidOperationException(
                    $"{McCacheOptions.Section}:{nameof(McCacheOptions.LeaseDuration)} is {Times.Duration} here and {promise.Duration} at silo {silo}; it must be the same on all silos of a cluster. To change it, stop them all first."));
            if (!promise.IsGranted)
                return;
            LeaseState state;
            bool isBehind;
            lock (_gate)
            {
                _validity.OnPromise(silo, askedAt, promise.Version, Clock.Now);
                isBehind = promise.Version > _view.Version;
                state = GetState();
            }

            Changed?.Invoke(state);
            if (isBehind)
                await RefreshAsync(promise.Version);
        }
#pragma warning disable CA1031 // Whatever went wrong, there is no promise; the silo is asked again, until it answers or is dead.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.AskFailed(exception, silo);
        }
    }

    private async Task ReadTableAsync()
    {
        var askedAt = Clock.Now;
        try
        {
            using var timeout = new CancellationTokenSource(Times.Duration, Clock.Time); // an answer that comes later entitles to nothing
            var rows = await _network.ReadTableAsync(timeout.Token).WaitAsync(timeout.Token);
            LeaseState state;
            bool contradicts;
            lock (_gate)
            {
                Take(rows, out contradicts);
                _validity.OnTable(askedAt, rows.Silos.TryGetValue(_self, out var status) && ClusterView.IsLive(status), Clock.Now);
                state = GetState();
            }

            Changed?.Invoke(state);
            if (contradicts)
                _log.TableContradicts(rows.Version);
        }
#pragma warning disable CA1031 // The store may fail in any way; this silo is then valid by promises or not at all.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (_tableWarnings.TryPass(Clock.Now))
                _log.TableUnreadable(exception);
        }
        finally
        {
            lock (_gate)
                _isReading = false;
            Rearm();
        }
    }

    /// <summary>Brings the view up to a version, bounded by the renewal. One at a time: whoever comes while another runs waits for that one, and asks again if it was not enough.</summary>
    private async Task RefreshAsync(MembershipVersion version)
    {
        TaskCompletionSource? own = null;
        Task running;
        lock (_gate)
        {
            if (_refreshing.IsCompleted)
            {
                own = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _refreshing = own.Task;
            }

            running = _refreshing;
        }

        if (own is null)
        {
            await running;
            return;
        }

        using var timeout = new CancellationTokenSource(Times.Renewal, Clock.Time);
        try
        {
            Observe(await _network.RefreshAsync(version, timeout.Token).WaitAsync(timeout.Token));
        }
#pragma warning disable CA1031 // The view stays as it is; whoever needs a newer one asks again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.RefreshFailed(exception);
        }
        finally
        {
            own.SetResult();
        }
    }

#pragma warning disable CA5394 // Jitter is no secret.
    private double Jitter(double from, double to) => from + ((to - from) * Random.NextDouble());
#pragma warning restore CA5394
}
