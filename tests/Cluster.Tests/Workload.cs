using System.Collections.Concurrent;

namespace McCache.Cluster.Tests;

/// <summary>
/// Random reads and writes of a few hot keys, on all members at once, checked against P1: a read that starts after a coherent verb has completed never yields what
/// that verb superseded. The source of truth is a version per key; a write raises it and then removes the key coherently. Every other key is set instead, by one writer at a
/// time: of two that set at once, either may come last, and the cache cannot know which the source took last.
/// </summary>
internal sealed class Workload(int seed)
{
    private const int Keys = 16;
    private readonly int[] _source = new int[Keys];
    private readonly int[] _completed = new int[Keys];
    private readonly SemaphoreSlim[] _setters = [.. Enumerable.Range(0, Keys).Select(_ => new SemaphoreSlim(1, 1))];
    private long _reads, _hits, _writes;

    public long Reads => Interlocked.Read(ref _reads);

    public long Hits => Interlocked.Read(ref _hits);

    public long Writes => Interlocked.Read(ref _writes);

    public ConcurrentQueue<string> Violations { get; } = [];

    /// <summary>Runs readers and writers on each cache that <paramref name="caches"/> gives, until cancelled.</summary>
    public async Task RunAsync(Func<IReadOnlyList<IMcCache<string, int>>> caches, int workers, CancellationToken until)
    {
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(() => WorkAsync(new Random(seed + worker), caches, until), CancellationToken.None)));
    }

    /// <summary>Completes when the load is under way: keys are written and found.</summary>
    public async Task BegunAsync(Task load)
    {
        for (var left = TimeSpan.FromSeconds(30); (Hits == 0 || Writes == 0) && left > TimeSpan.Zero && !load.IsCompleted; left -= TimeSpan.FromMilliseconds(5))
            await Task.Delay(5);
    }

    private async Task WorkAsync(Random random, Func<IReadOnlyList<IMcCache<string, int>>> caches, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            var members = caches();
            var cache = members[random.Next(members.Count)];
            var key = random.Next(Keys);
            if (random.Next(20) == 0)
                await WriteAsync(cache, key);
            else
                await ReadAsync(cache, key, random.Next(3));
        }
    }

    private async Task WriteAsync(IMcCache<string, int> cache, int key)
    {
        if (key % 2 == 0)
        {
            var version = Interlocked.Increment(ref _source[key]);
            await CompleteAsync(key, version, () => cache.RemoveAsync($"{key}"));
            return;
        }

        await _setters[key].WaitAsync();
        try
        {
            var version = Interlocked.Increment(ref _source[key]);
            await CompleteAsync(key, version, () => cache.SetAsync($"{key}", version));
        }
        finally
        {
            _setters[key].Release();
        }
    }

    private async Task CompleteAsync(int key, int version, Func<ValueTask> verb)
    {
        try
        {
            await verb();
        }
        catch (InvalidOperationException)
        {
            return; // the member is stopping, or its container is gone: the verb has not completed, and says so
        }

        RaiseTo(ref _completed[key], version);
        Interlocked.Increment(ref _writes);
    }

    private async Task ReadAsync(IMcCache<string, int> cache, int key, int how)
    {
        var floor = Volatile.Read(ref _completed[key]);
        int? value = how switch
        {
            0 => cache.TryGetValue($"{key}", out var found) ? found : null,
            1 => cache.Where(pair => pair.Key == $"{key}").Select(pair => (int?)pair.Value).FirstOrDefault(),
            _ => await cache.GetOrAddAsync($"{key}", async (_, _) =>
            {
                var loaded = Volatile.Read(ref _source[key]);
                await Task.Yield();
                return loaded;
            }),
        };
        Interlocked.Increment(ref _reads);
        if (value is not null && how < 2)
            Interlocked.Increment(ref _hits);
        if (value < floor)
            Violations.Enqueue($"seed {seed}: read {value} of key {key} ({how}) although the coherent write of {floor} had completed");
    }

    private static void RaiseTo(ref int location, int value)
    {
        for (var seen = Volatile.Read(ref location); seen < value;)
        {
            var before = Interlocked.CompareExchange(ref location, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
