using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>
/// Measures P8: keys that nobody writes, and which the cache has room for, are hits for ever unless the cache stops serving. They are read by plain look-up fifty times a
/// second; a miss is counted first and loaded then.
/// </summary>
internal sealed class StableKeys(CheckedCache cache)
{
    private const int MaxBuckets = 1_000;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly Queue<HitBucket> _buckets = [];

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var name in cache.StableNames)
            await cache.Cache.GetOrAddAsync(name, static (_, _) => new ValueTask<long>(1), cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(s_period, CancellationToken.None);
            var (at, misses) = (MonotonicTime.Now, 0);
            foreach (var name in cache.StableNames)
            {
                if (cache.Cache.TryGetValue(name, out _))
                    continue;
                misses++;
                await cache.Cache.GetOrAddAsync(name, static (_, _) => new ValueTask<long>(1), CancellationToken.None);
            }

            Add(new HitBucket(at, cache.StableNames.Count - misses, misses));
        }
    }

    internal HitBucket[] Take()
    {
        lock (_gate)
        {
            HitBucket[] taken = [.. _buckets];
            _buckets.Clear();
            return taken;
        }
    }

    private void Add(HitBucket bucket)
    {
        lock (_gate)
        {
            if (_buckets.Count == MaxBuckets)
                _buckets.Dequeue();
            _buckets.Enqueue(bucket);
        }
    }
}
