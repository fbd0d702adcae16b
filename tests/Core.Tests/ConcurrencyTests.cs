using System.Collections.Concurrent;
using CsCheck;

namespace McCache.Core.Tests;

public class ConcurrencyTests
{
    private static readonly Gen<(int Key, int Id)> Arguments = Gen.Select(Gen.Int[0, 2], Gen.Int);

    /// <summary>What parallel verbs return and leave is what some sequence of them returns and leaves.</summary>
    [Fact]
    public void Single_key_verbs_are_linearizable()
        => Gen.Const(() => new Recorded()).SampleParallel(
            [
                Verb("Set", (cache, key, id) => { cache.Set(key, id); return 0; }),
                Verb("TryAdd", (cache, key, id) => cache.TryAdd(key, id)),
                Verb("Remove", (cache, key, _) => cache.Remove(key, out int value) ? value : null),
                Verb("TryGet", (cache, key, _) => cache.TryGet(key, out int value) ? value : null),
                Verb("AddOrUpdate", (cache, key, id) => cache.AddOrUpdate(key, id, (_, old) => old + 1)),
                Verb("MoveToFirst", (cache, key, _) => cache.MoveTo(key, last: false)),
                Verb("Pop", (cache, _, _) => Pop(cache)),
                Verb("Invalidate", (cache, key, _) => cache.Invalidate(key)),
            ],
            equal: (actual, sequential) => actual.State == sequential.State,
            maxParallelOperations: 4,
            iter: 500,
            print: recorded => recorded.State);

    [Fact]
    public async Task AddOrUpdate_loses_no_increment()
    {
        var cache = Caches.Make<string, int>();
        await Parallel(4, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                cache.AddOrUpdate("a", 1, (_, old) => old + 1);
            }
        });
        Assert.True(cache.TryGet("a", out int value));
        Assert.Equal(80_000, value);
    }

    [Fact]
    public async Task An_entry_is_popped_by_one_only()
    {
        var cache = Caches.Make<int, int>();
        for (int i = 0; i < 20_000; i++)
        {
            cache.Set(i, i);
        }

        var popped = new ConcurrentBag<int>();
        await Parallel(4, thread =>
        {
            while (cache.Peek(last: thread % 2 == 0) is { } entry)
            {
                if (cache.TryPop(entry, last: thread % 2 == 0))
                {
                    popped.Add(entry.Key);
                }
            }
        });
        Assert.Equal(Enumerable.Range(0, 20_000), popped.Order());
        cache.Check();
    }

    /// <summary>A reader never sees half of one value and half of another.</summary>
    [Fact]
    public async Task Large_struct_values_never_tear()
    {
        var cache = Caches.Make<int, (long A, long B, long C, long D)>();
        cache.Set(0, default);
        using var stop = new CancellationTokenSource();
        await Parallel(3, thread =>
        {
            for (long i = 0; i < 200_000 && !stop.IsCancellationRequested; i++)
            {
                if (thread == 0)
                {
                    cache.Set(0, (i, i, i, i));
                }
                else
                {
                    Assert.True(cache.TryGet(0, out var value));
                    Assert.True(value.A == value.B && value.B == value.C && value.C == value.D);
                }
            }
        });
    }

    /// <summary>Property P2 under load: a fill reads the source, a write changes the source and then removes the key; whoever comes after gets nothing older.</summary>
    [Fact]
    public Task No_stale_fill_short() => NoStaleFill(TimeSpan.FromSeconds(2));

    [Fact, Trait("Lane", "soak")]
    public Task No_stale_fill_soak() => NoStaleFill(TimeSpan.FromMinutes(2));

    [Fact]
    public Task Everything_at_once_short() => EverythingAtOnce(Environment.TickCount, TimeSpan.FromSeconds(3));

    [Fact, Trait("Lane", "soak")]
    public async Task Everything_at_once_soak()
    {
        for (int round = 0; round < 20; round++)
        {
            await EverythingAtOnce(Environment.TickCount + round, TimeSpan.FromSeconds(15));
        }
    }

    private static async Task NoStaleFill(TimeSpan duration)
    {
        const long Enough = 100;
        var cache = new LocalCache<int, long>("test", new());
        cache.Serve(long.MaxValue);
        long source = 0, completed = 0, reads = 0;
        long end = Environment.TickCount64 + (long)duration.TotalMilliseconds;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(role => Task.Run(async () =>
        {
            // At least so long, and on a busy machine until enough has happened to test something.
            while (Environment.TickCount64 < end || (Environment.TickCount64 < end + 60_000 && (Volatile.Read(ref completed) <= Enough || Volatile.Read(ref reads) <= Enough)))
            {
                switch (role)
                {
                    case 0:
                        long written = Interlocked.Increment(ref source);
                        switch (written % 4)
                        {
                            case 0: cache.Remove(0, out _); break;
                            case 1: cache.Invalidate(0); break;
                            case 2: cache.RemoveByTag("t", CacheChangeKind.Removed); break;
                            default: cache.Set(0, written); break;
                        }

                        Volatile.Write(ref completed, written);
                        await Task.Yield();
                        break;
                    case 1:
                        cache.Evict(0);
                        cache.Serve(cache.Now + 1); // a lapse now and then
                        await Task.Yield();
                        break;
                    default:
                        long floor = Volatile.Read(ref completed);
                        long value = role == 2
                            ? cache.GetOrAdd(0, _ => Volatile.Read(ref source), new() { Tags = ["t"] })
                            : await cache.GetOrAddAsync(0, role, async (_, role, _) =>
                            {
                                long read = Volatile.Read(ref source);
                                if (role > 3)
                                {
                                    await Task.Yield();
                                }

                                return read;
                            }, new() { Tags = ["t"] });
                        Assert.True(value >= floor, $"read {value} after the write of {floor} had completed");
                        Interlocked.Increment(ref reads);
                        break;
                }
            }
        })));
        Assert.True(reads > Enough && completed > Enough, $"{reads} reads and {completed} writes test nothing");
        cache.Check();
    }

    private static async Task EverythingAtOnce(int seed, TimeSpan duration)
    {
        var cache = new LocalCache<int, int>("test", new() { MaxEntries = 50, MaxBytes = 5_000, ChangeWindow = TimeSpan.FromSeconds(1) });
        cache.Serve(long.MaxValue);
        long end = Environment.TickCount64 + (long)duration.TotalMilliseconds;
        long notified = 0;
        using var watching = cache.OnChange(_ => notified++);
        try
        {
            await Parallel(5, thread =>
            {
                var random = new Random(seed + thread);
                while (Environment.TickCount64 < end)
                {
                    Anything(cache, random);
                }
            });
            cache.Check();
            int sum = cache.Enumerate().Count();
            var statistics = cache.Statistics;
            Assert.Equal(statistics.Entries, statistics.Inserts - statistics.Removals - statistics.Invalidations - statistics.Evictions - statistics.Expirations);
            Assert.InRange(sum, 0, 50);
            cache.Clear(CacheChangeKind.Removed);
            cache.Check();
            Assert.Equal((0, 0L), (cache.Statistics.Entries, cache.Statistics.Bytes));
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"seed {seed}", exception);
        }
    }

    private static void Anything(LocalCache<int, int> cache, Random random)
    {
        int key = random.Next(100);
        switch (random.Next(20))
        {
            case 0: cache.Remove(key, out _); break;
            case 1: cache.Invalidate(key); break;
            case 2: cache.Evict(key); break;
            case 3: cache.MoveTo(key, random.Next(2) == 0); break;
            case 4: cache.TryAdd(key, 1); break;
            case 5: cache.AddOrUpdate(key, 1, (_, old) => old + 1); break;
            case 6: cache.GetOrAdd(key, key => key); break;
            case 7: cache.GetOrAddAsync(key, 0, async (key, _, _) => { await Task.Yield(); return key; }); break;
            case 8: _ = cache.PeekAt(random.Next(5)) is { } entry && cache.TryRemove(entry); break;
            case 9 when random.Next(2) == 0: Pop(cache); break;
            case 9 when random.Next(50) == 0: cache.Clear(CacheChangeKind.Removed); break;
            case 10 when random.Next(50) == 0: cache.Serve(random.Next(3) == 0 ? 0 : cache.Now + random.Next(20)); break;
            case 11: cache.Serve(long.MaxValue); break;
            case 12: cache.RemoveByTag($"t{random.Next(20)}", CacheChangeKind.Invalidated); break;
            case 13: cache.Sweep(random.Next(10)); break;
            case 14 when random.Next(20) == 0: Assert.Distinct(cache.Enumerate(random.Next(2) == 0).Select(item => item.Key)); break;
            case 15 when random.Next(20) == 0: cache.Check(); break;
            case 16 or 17: cache.Set(key, 1, new() { TimeToLive = TimeSpan.FromMilliseconds(random.Next(1, 30)), Tags = [$"t{random.Next(20)}"], Size = random.Next(1, 600) }); break;
            default: cache.TryGet(key, out _); break;
        }
    }

    /// <summary>As the view pops: it tries again when somebody has come between peek and removal.</summary>
    private static int? Pop(LocalCache<int, int> cache)
    {
        while (cache.Peek(last: true) is { } entry)
        {
            if (cache.TryPop(entry, last: true))
            {
                return entry.Value;
            }
        }

        return null;
    }

    private static Task Parallel(int threads, Action<int> body)
        => Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(() => body(thread), TaskCreationOptions.LongRunning)));

    private static GenOperation<Recorded> Verb(string name, Func<LocalCache<int, int>, int, int, object?> verb)
        => Arguments.Operation<Recorded>(
            argument => $"{name} {argument}",
            (recorded, argument) => recorded.Results[(name, argument.Id)] = verb(recorded.Cache, argument.Key, argument.Id));

    private sealed class Recorded
    {
        internal LocalCache<int, int> Cache { get; } = Caches.Make<int, int>();

        /// <summary>What each verb returned, by its argument, which identifies it.</summary>
        internal ConcurrentDictionary<(string, int), object?> Results { get; } = new();

        internal string State
            => $"{string.Join(" ", Cache.ToArray())} | {string.Join(" ", Results.OrderBy(result => result.Key).Select(result => $"{result.Key}:{result.Value ?? "none"}"))}";
    }
}
