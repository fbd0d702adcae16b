using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Dashboard;

/// <summary>
/// Asks the cluster, once for all who look: again and again while somebody watches, and once when a program asks. When nobody watches, nobody is asked, and nothing is collected.
/// </summary>
internal sealed class Collector(IAdministrationSource source, IOptions<McCacheDashboardOptions> options, TimeProvider time, ILogger<Collector> log) : IDisposable
{
    /// <summary>A silo has three seconds to answer the one that asks all; that one may hang itself.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    /// <summary>How long a silo that has gone is still shown.</summary>
    private static readonly TimeSpan s_remembered = TimeSpan.FromMinutes(10);

    /// <summary>A digest may take a walk over all keys.</summary>
    private static readonly TimeSpan s_digestPeriod = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _asking = new(1);
    private readonly CancellationTokenSource _disposing = new();
    private readonly List<Watch> _watches = [];
    private readonly Dictionary<SiloAddress, (SiloSnapshot Snapshot, DateTimeOffset Heard)> _known = [];
    private readonly Dictionary<string, LatencyWindow> _windows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _digests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _digestAsked = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterState? _state;
    private Reading _reading = Reading.None;
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

    private async Task<ClusterState> AskAsync(string[] caches, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            Asked++;
            var digestsOf = caches.Where(cache => !_digestAsked.TryGetValue(cache, out var asked) || time.GetElapsedTime(asked) >= s_digestPeriod).ToArray();
            foreach (var cache in digestsOf)
                _digestAsked[cache] = time.GetTimestamp();
            using var patience = new CancellationTokenSource(s_patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            string? error = null;
            try
            {
                var request = new SnapshotRequest { DigestsOf = digestsOf, TopKeysOf = options.Value.ShowKeys ? caches : [], EventsAfter = Events.Last };
                var results = await source.Get().GetSnapshotsAsync(request, either.Token).AsTask().WaitAsync(either.Token);
                Take(Reading.Of(time.GetUtcNow(), results), digestsOf);
            }
#pragma warning disable CA1031 // Whatever it is, people are told, and the cluster is asked again.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                error = Reading.Describe(patience.IsCancellationRequested ? new TimeoutException() : exception);
                log.ClusterUnreachable(exception);
                Publish(new(NextVersion, _reading, _reading, Lost, Lately, Digests) { Error = error });
            }

            return _state!;
        }
        finally
        {
            _asking.Release();
        }
    }

    private void Take(Reading reading, string[] digestsOf)
    {
        var before = _reading;
        _reading = reading;
        foreach (var (silo, snapshot) in reading.Silos)
            _known[silo] = (snapshot, reading.Time);
        foreach (var (silo, known) in _known)
        {
            if (reading.Time - known.Heard > s_remembered)
                _known.Remove(silo);
        }

        foreach (var cache in digestsOf)
        {
            _digests[cache] = (from silo in reading.Silos
                               let digest = silo.Value.Caches.FirstOrDefault(one => one.Statistics.Name == cache)?.Digest
                               where digest is not null
                               select (Id: ClusterState.Id(silo.Key), Text: digest.Value.ToString("x16", CultureInfo.InvariantCulture))).ToDictionary(one => one.Id, one => one.Text);
        }

        Events.Add(reading);
        var state = new ClusterState(NextVersion, reading, before, Lost, Lately, Digests);
        History.Add(state);
        foreach (var gone in _windows.Keys.Except(state.Names).ToArray())
        {
            _windows.Remove(gone);
            _digests.Remove(gone);
            _digestAsked.Remove(gone);
        }

        Publish(state);
    }

    private bool IsFresh => time.GetElapsedTime(Volatile.Read(ref _readAt)) < options.Value.RefreshPeriod * 2;

    private long NextVersion => (_state?.Version ?? 0) + 1;

    private Dictionary<SiloAddress, (SiloSnapshot Snapshot, DateTimeOffset Heard)> Lost
        => _known.Where(known => !_reading.Silos.ContainsKey(known.Key)).ToDictionary();

    private Dictionary<string, IReadOnlyDictionary<string, string>> Digests => new(_digests);

    private LatencyHistogram Lately(string cache, LatencyHistogram total)
    {
        if (!_windows.TryGetValue(cache, out var window))
            _windows[cache] = window = new();
        return window.Advance(_reading.Time, total);
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
