using System.Collections.Concurrent;
using System.Net;

namespace McCache.Dashboard.Tests;

/// <summary>Silos and caches that are numbers only: as many as wanted, moving at each question, and changed by tests.</summary>
internal sealed class SimulatedCluster : IMcCacheAdministration, IAdministrationSource
{
    private readonly Lock _gate = new();
    private readonly List<(SiloAddress Address, int Number)> _silos;
    private readonly string[] _caches;
    private readonly DateTimeOffset _begin = DateTimeOffset.UtcNow.AddHours(-1);
    private long _step;
    private long _events;

    public SimulatedCluster(int silos, int caches)
        : this(silos, [.. Enumerable.Range(0, caches).Select(i => $"cache-{i:00}")])
    {
    }

    public SimulatedCluster(int silos, params string[] caches)
        => (_silos, _caches) = ([.. Enumerable.Range(0, silos).Select(i => (SiloAddress.New(new IPEndPoint(IPAddress.Parse($"10.0.{i / 250}.{1 + (i % 250)}"), 11_111), 1_000 + i), i))], caches);

    /// <summary>Keys that are told as those with most reads, and in the key browser.</summary>
    public IReadOnlyList<string> Keys { get; init; } = ["key"];

    public IReadOnlyList<string> Tags { get; init; } = ["tag"];

    /// <summary>While it is set, nobody answers.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Silos that do not answer, while the others do.</summary>
    public IReadOnlyCollection<SiloAddress> Silent { get; set; } = [];

    /// <summary>Whether nothing moves from one question to the next.</summary>
    public bool IsStill { get; init; }

    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<SnapshotRequest> Requests { get; } = [];

    public int Asked => Requests.Count;

    public SnapshotRequest? LastRequest => Requests.LastOrDefault();

    /// <summary>Caches whose keys it shows to nobody.</summary>
    public IReadOnlyCollection<string> KeysRefused { get; set; } = [];

    /// <summary>What a removal by tag ends in.</summary>
    public Exception? ActFailure { get; set; }

    public IReadOnlyList<SiloAddress> Silos
    {
        get
        {
            lock (_gate)
                return [.. _silos.Select(silo => silo.Address)];
        }
    }

    public IMcCacheAdministration Get() => this;

    public void Kill(SiloAddress silo)
    {
        lock (_gate)
            _silos.RemoveAll(one => one.Address.Equals(silo));
    }

    public ValueTask<IReadOnlyList<SiloResult<SiloSnapshot>>> GetSnapshotsAsync(SnapshotRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Requests.Enqueue(request);
            if (request.TopKeysOf.Any(KeysRefused.Contains))
                return ValueTask.FromException<IReadOnlyList<SiloResult<SiloSnapshot>>>(new UnauthorizedAccessException());
            if (Failure is not null)
                return ValueTask.FromException<IReadOnlyList<SiloResult<SiloSnapshot>>>(Failure);
            if (!IsStill)
                _step++;
            return new([.. _silos.Select(silo => Silent.Contains(silo.Address)
                ? new SiloResult<SiloSnapshot>(silo.Address, null, new TimeoutException())
                : new SiloResult<SiloSnapshot>(silo.Address, Read(silo.Address, silo.Number, request), null))]);
        }
    }

    private SiloSnapshot Read(SiloAddress address, int number, SnapshotRequest request) => new()
    {
        Name = $"Silo_{number}",
        Time = _begin.AddSeconds(_step),
        Uptime = TimeSpan.FromHours(1) + TimeSpan.FromSeconds(_step),
        HeapBytes = (60L << 20) + (number << 18) + (_step << 12),
        WorkingSetBytes = (180L << 20) + (number << 18),
        ProcessorTime = TimeSpan.FromSeconds(0.3 * _step),
        IsStarted = true,
        ValidFor = TimeSpan.FromSeconds(2 + ((_step + number) % 10 / 10.0)),
        LeaseDuration = TimeSpan.FromSeconds(3),
        MembershipVersion = 7,
        MembershipChanged = _begin,
        Promises = [.. _silos.Where(other => !other.Address.Equals(address)).Select(other => new PromiseSnapshot(other.Address, TimeSpan.FromSeconds(2 + ((_step + number + other.Number) % 10 / 10.0))))],
        Lanes = [.. _silos.Where(other => !other.Address.Equals(address)).Select(other => new LaneSnapshot("McCache", other.Address, (int)((_step + other.Number) % 5), 512, 1, 0, 0, number, 0))],
        Providers = [new("McCache", _step * 100, _step * 100, _step * 20, number, 0, new LatencyHistogram([.. Enumerable.Repeat(0L, 20), _step, _step * 3, _step], TimeSpan.FromSeconds(1)))],
        Caches = [.. _caches.Select((cache, i) => Read(cache, number, i, request))],
        Events = _events == 0 && number == 0 && _silos.Count > 1 ? [new(++_events, _begin, CoherenceEventKind.Gap, "the sender says that frames were lost", _silos[1].Address, null, 3)] : [],
    };

    private CacheSnapshot Read(string cache, int silo, int number, SnapshotRequest request)
    {
        var wave = (long)(40 * Math.Sin((_step + silo + (number * 7)) / 9.0)) + 60;
        return new()
        {
            Statistics = new()
            {
                Name = cache,
                Entries = (int)(1_000 + (number * 10) + wave),
                Bytes = 100_000 + (wave * 100),
                Hits = (_step * 900) + (silo * 10),
                Misses = (_step * 100) + silo,
                Fills = _step * 100,
                Evictions = _step * 10,
                Invalidations = _step * 5,
            },
            Coherence = number % 2 == 0 ? Coherence.Invalidate : Coherence.Replicate,
            MaxEntries = 2_000,
            CoherentVerbs = new LatencyHistogram([.. Enumerable.Repeat(0L, 40), _step * 3, _step * 10, _step * 20, _step * 6, _step], TimeSpan.FromSeconds(_step)),
            Digest = request.DigestsOf.Contains(cache) ? (silo == 1 ? 0x1234_5678_9abc_def0 : 0xfeed_beef_0000_0001) : null,
            TopKeys = request.TopKeysOf.Contains(cache) ? [.. Keys.Select((key, i) => new KeyReads(key, 0.2 / (i + 1)))] : null,
            HasKeyText = true,
        };
    }

    public ValueTask<SiloResult<KeyPage>> GetKeysAsync(string cache, SiloAddress silo, int skip, int count, CancellationToken cancellationToken)
        => new(new SiloResult<KeyPage>(silo, new KeyPage([.. Keys.Skip(skip).Take(count).Select(key => new KeyMetadata(key, Metadata))], Keys.Count), null));

    public ValueTask<IReadOnlyList<SiloResult<CacheEntryMetadata?>>> GetMetadataByTextAsync(string cache, string key, CancellationToken cancellationToken)
        => new([.. Silos.Select(silo => new SiloResult<CacheEntryMetadata?>(silo, Keys.Contains(key) ? Metadata : null, null))]);

    private CacheEntryMetadata Metadata => new(_begin, _begin, null, 123, [.. Tags], null);

    public ValueTask<IReadOnlyList<SiloResult<bool>>> EvictByTextAsync(string cache, string key, SiloAddress? silo, CancellationToken cancellationToken)
        => new([.. Silos.Where(one => silo is null || one.Equals(silo)).Select(one => new SiloResult<bool>(one, true, null))]);

    public ValueTask<IReadOnlyList<SiloResult<IReadOnlyList<CacheStatistics>>>> GetStatisticsAsync(CancellationToken cancellationToken)
        => new([.. Silos.Select(silo => Silent.Contains(silo)
            ? new SiloResult<IReadOnlyList<CacheStatistics>>(silo, null, new TimeoutException())
            : new SiloResult<IReadOnlyList<CacheStatistics>>(silo, [.. _caches.Select(cache => new CacheStatistics { Name = cache })], null))]);

    public ValueTask RemoveByTagAsync(string cache, string tag, CancellationToken cancellationToken) => ActFailure is null ? default : ValueTask.FromException(ActFailure);

    public ValueTask<SiloResult<int>> EvictAllAsync(string cache, SiloAddress silo, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask RemoveByTextAsync(string cache, string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<SiloResult<bool>>> RepairAsync(string cache, SiloAddress? silo, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<SiloResult<ulong>>> GetDigestsAsync(string cache, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<SiloResult<CacheEntryMetadata?>>> GetMetadataAsync<TKey>(string cache, TKey key, CancellationToken cancellationToken)
        where TKey : notnull
        => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<SiloResult<bool>>> EvictAsync<TKey>(string cache, TKey key, CancellationToken cancellationToken)
        where TKey : notnull
        => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<SiloResult<int>>> EvictAllAsync(string cache, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask ClearAsync(string cache, CancellationToken cancellationToken) => throw new NotSupportedException();
}
