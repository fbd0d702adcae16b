using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>What tests of replicating caches need: versions, changes that are told to nobody, packed values that count.</summary>
internal static class Replicas
{
    internal static CacheVersion V(long timestamp, ulong member = 1) => new(timestamp, member);

    /// <summary>Spreads small numbers over the buckets.</summary>
    internal static ulong Hash(int key) => ((ulong)key + 1) * 0x9E3779B97F4A7C15;

    internal static LocalCache<int, int> Make(Action<CacheOptions>? configure = null, FakeTimeProvider? time = null, ILogger? logger = null)
        => Caches.Make<int, int>(
            options =>
            {
                options.Coherence = Coherence.Replicate;
                configure?.Invoke(options);
            },
            time,
            logger: logger);

    internal static void SetAt(this LocalCache<int, int> cache, int key, long timestamp, int value = 0, CacheEntryOptions? options = null)
        => cache.Set(key, value, options, new Told(key, timestamp));

    internal static void RemoveAt(this LocalCache<int, int> cache, int key, long timestamp) => cache.Remove(key, out _, new Told(key, timestamp));

    internal static Merge Hear(
        this LocalCache<int, int> cache, int key, long timestamp, int value = 0, Place place = default, bool isLate = false, long timeToLive = long.MaxValue, long? size = null, params string[] tags)
        => cache.MergeValue(key, Hash(key), V(timestamp, 2), place, new Packed<int>(value), new(timeToLive, tags, size), isLate);

    internal static Merge HearRemoval(this LocalCache<int, int> cache, int key, long timestamp, bool isLate = false) => cache.MergeRemoval(key, Hash(key), V(timestamp, 2), isLate);

    internal static CacheVersion? VersionOf(this LocalCache<int, int> cache, int key) => cache.TryGetMetadata(key, out var metadata) ? metadata.Version : null;

    internal static int? ValueOf(this LocalCache<int, int> cache, int key) => cache.TryGet(key, out int value) ? value : null;

    internal static StatePage<int> Everything(this LocalCache<int, int> cache) => cache.Collect(0, ulong.MaxValue, int.MaxValue);

    /// <summary>One side of a reconciliation, page by page: this cache learns what the other has.</summary>
    internal static Reconciled<int> Pull(this LocalCache<int, int> cache, LocalCache<int, int> other, int maxKeys = int.MaxValue)
    {
        var sum = new Reconciled<int>([], 0, 0, 0);
        for (ulong from = 0; ;)
        {
            var page = other.Collect(from, ulong.MaxValue, maxKeys);
            var result = cache.Reconcile(page);
            cache.Check();
            foreach (int key in result.Wanted)
            {
                if (other.TryRead(key, out var read))
                {
                    var value = new Packed<int>(read.Packed?.Unpack() ?? read.Value);
                    read.Packed?.LetGo();
                    cache.MergeValue(read.Key, read.Hash, read.Version, read.Place, value, read.Terms, isLate: true);
                    cache.Check();
                }
            }

            sum = new([.. sum.Wanted, .. result.Wanted], sum.Dropped + result.Dropped, sum.Removed + result.Removed, sum.Moved + result.Moved);
            if (page.To == ulong.MaxValue)
            {
                return sum;
            }

            from = page.To + 1;
        }
    }
}

/// <summary>A change that gets a version from a test.</summary>
internal sealed class Told(ulong hash, Func<Place, CacheVersion> send) : Change
{
    internal Told(int key, long timestamp)
        : this(Replicas.Hash(key), _ => timestamp == 0 ? default : Replicas.V(timestamp))
    {
    }

    internal List<Place> Sent { get; } = [];

    internal override ulong KeyHash => hash;

    internal override CacheVersion Send(Place place)
    {
        Sent.Add(place);
        return send(place);
    }
}

/// <summary>A packed value that counts what is done to it.</summary>
internal sealed class Packed<TValue>(TValue value, long length = 4) : PackedValue<TValue>
{
    private int _unpacked, _released;

    internal int Unpacked => _unpacked;

    internal int Released => _released;

    /// <summary>What happens when it is unpacked; may throw.</summary>
    internal Action? OnUnpack { get; init; }

    internal override long Length => length;

    internal override TValue Unpack()
    {
        Assert.Equal(0, _released);
        Interlocked.Increment(ref _unpacked);
        OnUnpack?.Invoke();
        return value;
    }

    internal override void Release() => Interlocked.Increment(ref _released);
}

/// <summary>Keeps the texts of warnings.</summary>
internal sealed class Warnings : ILogger
{
    internal List<string> Texts { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Assert.Equal(LogLevel.Warning, logLevel);
        lock (Texts)
        {
            Texts.Add($"{formatter(state, exception)} {exception}");
        }
    }
}
