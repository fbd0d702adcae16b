using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Dashboard;

/// <summary>
/// Asks the cluster, once for all who look: again and again while somebody watches, and once when a program asks. When nobody watches, nobody is asked, and nothing is collected.
/// </summary>
internal sealed class Collector(IAdministrationSource source, IOptions<McCacheDashboardOptions> options, TimeProvider time, ILogger<Collector> log) : IDisposable
{
    /// <summary>The silo that asks all waits two and a half seconds for one that hangs; it may hang itself.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    /// <summary>How long a silo that has gone is still shown.</summary>
    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(10);

    /// <summary>A digest may take a walk over all keys.</summary>
    private static readonly TimeSpan s_digestPeriod = TimeSpan.FromSeconds(5);

    /// <summary>How long keys that the silos have refused to show are not asked for: each refusal is in the log of a silo.</summary>
    private static readonly TimeSpan s_refused = TimeSpan.FromMinutes(1);

    private readonly long _begun = time.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _asking = new(1);
    private readonly CancellationTokenSource _disposing = new();
    private readonly List<Watch> _watches = [];
    private readonly Dictionary<SiloAddress, (SiloSnapshot Snapshot, DateTimeOffset Heard)> _known = [];
    private readonly Dictionary<string, LatencyWindow> _windows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _digests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _digestRead = new(StringComparer.Ordinal);
    private readonly HashSet<string> _keysShown = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _keysRefused = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterState? _state;
    private string[] _askedOf = [];
    private long _answered;
    private Reading _reading = Reading.None;
    private TimeSpan _takenAt;
    private Reading _mark = Reading.None;
    private Reading _markBefore = Reading.None;
    private TimeSpan? _markAt;
    private long _readAt;

    internal History History { get; } = new();

    internal EventLog Events { get; } = new();

    /// <summary>How often the cluster was asked.</summary>
    internal long Asked { get; private set; }

    /// <summary>Whether somebody watches.</summary>
    internal bool IsWatched
    {
        get
        {
            lock (_gate)
                return _watches.Count > 0;
        }
    }

    /// <summary>Begins to watch; ends when it is disposed of.</summary>
    /// <param name="cache">The cache that is looked at, if one is.</param>
    internal Watch Open(string? cache)
    {
        lock (_gate)
        {
            var watch = new Watch(this, cache);
            _watches.Add(watch);
            if (_loop.IsCompleted)
                _loop = Task.Run(WatchAsync);
            return watch;
        }
    }

    /// <summary>The state now: the newest one if somebody watches, else one that is asked for.</summary>
    /// <param name="cache">The cache whose digests and keys are wanted, if they are.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    internal async Task<ClusterState> ReadAsync(string? cache, CancellationToken cancellationToken)
    {
        if (cache is null && IsWatched && _state is { } state && IsFresh)
            return state;
        return await AskAsync(cache is null ? [] : [cache], cancellationToken);
    }

    public void Dispose()
    {
        _disposing.Cancel();
        _disposing.Dispose();
        _asking.Dispose();
    }

    private async Task WatchAsync()
    {
        var token = _disposing.Token;
        try
        {
            while (true)
            {
                string[] caches;
                lock (_gate)
                {
                    if (_watches.Count == 0)
                    {
                        _loop = Task.CompletedTask;
                        return;
                    }

                    caches = [.. _watches.Select(watch => watch.Cache).OfType<string>().Distinct()];
                }

                await AskAsync(caches, token);
                await Task.Delay(options.Value.RefreshPeriod, time, token);
            }
        }
        catch (OperationCanceledException)
        {
            // The host ends.
        }
        catch (ObjectDisposedException)
        {
            // The same.
        }
    }

    /// <param name="caches">The caches that are looked at; a name that no silo has is passed over, so that it is not remembered.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    private async Task<ClusterState> AskAsync(string[] caches, CancellationToken cancellationToken)
    {
        var arrived = Asked;
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_answered > arrived && caches.All(_askedOf.Contains))
                return _state!; // another has asked meanwhile
            Asked++;
            string[] there = _state is null || _reading == Reading.None ? caches : [.. caches.Intersect(_state.Names)];
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                string[] digestsOf = [.. there.Where(cache => !_digestRead.TryGetValue(cache, out var read) || Now - read >= s_digestPeriod)];
                var results = await GetAsync(new SnapshotRequest { DigestsOf = digestsOf, EventsAfter = Events.Last }, options.Value.ShowKeys ? there : [], either.Token);
                Take(Reading.Of(time.GetUtcNow(), results), digestsOf);
            }
#pragma warning disable CA1031 // Whatever it is, people are told, and the cluster is asked again.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                log.ClusterUnreachable(exception);
                Publish(NewState(_reading, _reading, Reading.Describe(patience.IsCancellationRequested ? new TimeoutException() : exception)));
            }

            (_answered, _askedOf) = (Asked, caches);
            return _state!;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Silos that let this host see some keys refuse the whole question for those of one cache; so one cache at a time is asked for whose keys have not been seen yet.</summary>
    private async Task<IReadOnlyList<SiloResult<SiloSnapshot>>> GetAsync(SnapshotRequest request, string[] keysOf, CancellationToken cancellationToken)
    {
        string[] tried = [.. keysOf.Where(cache => !_keysShown.Contains(cache) && !IsRefused(cache)).Take(1)];
        string[] wanted = [.. keysOf.Where(_keysShown.Contains), .. tried];
        try
        {
            var results = await source.Get().GetSnapshotsAsync(request with { TopKeysOf = wanted }, cancellationToken).AsTask().WaitAsync(cancellationToken);
            _keysShown.UnionWith(tried);
            return results;
        }
        catch (UnauthorizedAccessException) when (wanted.Length > 0)
        {
            foreach (var cache in tried.Length > 0 ? tried : wanted)
            {
                _keysShown.Remove(cache);
                _keysRefused[cache] = Now;
            }

            return await GetAsync(request, keysOf, cancellationToken);
        }
    }

    private void Take(Reading reading, string[] digestsOf)
    {
        (_reading, _takenAt) = (reading, Now);
        foreach (var (silo, snapshot) in reading.Silos)
            _known[silo] = (snapshot, reading.Time);
        foreach (var (silo, known) in _known)
        {
            if (reading.Time - known.Heard > s_remembered && !reading.Errors.ContainsKey(silo))
            {
                _known.Remove(silo);
                Events.Forget(silo);
            }
        }

        // What programs ask in between is answered, but is no moment of a chart, and nothing to compare with.
        var isMoment = _markAt is not { } markAt || _takenAt - markAt >= options.Value.RefreshPeriod / 2;
        if (isMoment)
            (_markBefore, _mark, _markAt) = (_mark, reading, _takenAt);
        Events.Add(reading);
        foreach (var cache in digestsOf)
        {
            _digestRead[cache] = _takenAt;
            _digests[cache] = (from silo in reading.Silos
                               let digest = silo.Value.Caches.FirstOrDefault(one => one.Statistics.Name == cache)?.Digest
                               where digest is not null
                               select (Id: ClusterState.Id(silo.Key), Text: digest.Value.ToString("x16", CultureInfo.InvariantCulture))).ToDictionary(one => one.Id, one => one.Text);
        }

        var state = NewState(reading, _markBefore, null);
        if (isMoment)
            History.Add(state);
        Publish(state);
        var names = state.Names.Append(History.All).ToHashSet(StringComparer.Ordinal);
        Forget(_windows);
        Forget(_digests);
        Forget(_digestRead);
        Forget(_keysRefused);
        _keysShown.IntersectWith(names);

        void Forget<T>(Dictionary<string, T> remembered)
        {
            foreach (var gone in remembered.Keys.Where(name => !names.Contains(name)).ToArray())
                remembered.Remove(gone);
        }
    }

    private TimeSpan Now => time.GetElapsedTime(_begun);

    private bool IsRefused(string cache) => _keysRefused.TryGetValue(cache, out var refused) && Now - refused < s_refused;

    private bool IsFresh => time.GetElapsedTime(Volatile.Read(ref _readAt)) < options.Value.RefreshPeriod * 2;

    private ClusterState NewState(Reading now, Reading before, string? error)
    {
        var lost = _known.Where(known => !now.Silos.ContainsKey(known.Key)).ToDictionary();
        return new((_state?.Version ?? 0) + 1, now, before, lost, Lately, new Dictionary<string, IReadOnlyDictionary<string, string>>(_digests)) { Error = error, KeysRefused = [.. _keysRefused.Keys.Where(IsRefused)] };
    }

    private LatencyHistogram? Lately(string cache, Dictionary<SiloAddress, LatencyHistogram> totals)
    {
        if (!_windows.TryGetValue(cache, out var window))
            _windows[cache] = window = new(TimeSpan.FromSeconds(Math.Max(10, 3 * options.Value.RefreshPeriod.TotalSeconds)));
        return window.Advance(_takenAt, totals);
    }

    private void Publish(ClusterState state)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _state = state;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        Volatile.Write(ref _readAt, time.GetTimestamp());
        changed.SetResult();
    }

    /// <summary>Somebody who watches.</summary>
    internal sealed class Watch(Collector collector, string? cache) : IDisposable
    {
        private long _seen;

        internal string? Cache => cache;

        /// <summary>The next state, at once if there is one that was not returned yet; null when it is over. What came in between is passed over.</summary>
        internal async Task<ClusterState?> NextAsync(CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                Task changed;
                lock (collector._gate)
                {
                    if (collector._state is { } state && state.Version > _seen && (_seen > 0 || collector.IsFresh))
                    {
                        _seen = state.Version;
                        return state;
                    }

                    changed = collector._changed.Task;
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return null;
        }

        public void Dispose()
        {
            lock (collector._gate)
                collector._watches.Remove(this);
        }
    }
}
