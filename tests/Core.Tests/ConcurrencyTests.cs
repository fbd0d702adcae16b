using CsCheck;

namespace McCache.Core.Tests;

/// <summary>Many threads at once.</summary>
public sealed class ConcurrencyTests
{
    private static readonly Gen<int> s_key = Gen.Int[0, 3];

    [Fact]
    public void Single_key_verbs_are_linearizable()
        => Gen.Const(0).Select(_ => Create(1_000)).SampleParallel(
            [
                Gen.Select(s_key, Gen.Int[0, 9]).Operation<LocalCache<int, int>>((cache, pair) => cache.Set(pair.Item1, pair.Item2)),
                Gen.Select(s_key, Gen.Int[0, 9]).Operation<LocalCache<int, int>>((cache, pair) => cache.TryAdd(pair.Item1, pair.Item2)),
                Gen.Select(s_key, Gen.Int[0, 9], Gen.Int[0, 9]).Operation<LocalCache<int, int>>((cache, update) => cache.TryUpdate(update.Item1, update.Item2, update.Item3)),
                s_key.Operation<LocalCache<int, int>>((cache, key) => cache.Remove(key, out _)),
                s_key.Operation<LocalCache<int, int>>((cache, key) => cache.Invalidate(key)),
                s_key.Operation<LocalCache<int, int>>((cache, key) => cache.AddOrUpdate(key, 1, (_, old) => old + 1)),
                s_key.Operation<LocalCache<int, int>>((cache, key) => cache.GetOrAdd(key, key => key)),
            ],
            equal: (a, b) => a.ToArray().OrderBy(pair => pair.Key).SequenceEqual(b.ToArray().OrderBy(pair => pair.Key)),
            iter: 2_000);

    [Fact]
    public async Task A_soak_ends_with_everything_in_step() => await SoakAsync(TimeSpan.FromSeconds(3));

    [Fact, Trait("Lane", "soak")]
    public async Task A_long_soak_ends_with_everything_in_step() => await SoakAsync(TimeSpan.FromMinutes(3));

    [Fact]
    public async Task A_reader_gets_on_while_a_writer_holds_the_lock()
    {
        // The measure of sizes runs outside the lock, a key's comparer under it: a key whose equality blocks holds the lock for as long as we like.
        var cache = new LocalCache<Sticky, int>("cache", new CacheOptions());
        cache.Serve(long.MaxValue);
        var (stuck, other) = (new Sticky(1), new Sticky(2));
        cache.Set(stuck, 1);
        cache.Set(other, 2);
        stuck.Block = true;
        var writing = Task.Run(() => cache.Remove(new Sticky(1), out _), TestContext.Current.CancellationToken);
        await stuck.Entered.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(await Task.Run(() => cache.TryGet(other, out _)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.False(writing.IsCompleted);
        stuck.Release.Set();
        Assert.True(await writing);
    }

    private static async Task SoakAsync(TimeSpan duration)
    {
        var seed = Random.Shared.Next();
        var cache = Create(50);
        using var until = new CancellationTokenSource(duration);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => WorkAsync(cache, new Random(seed + worker), until.Token))));
        try
        {
            cache.Check();
            Assert.InRange(cache.Count, 1, 50);
            Assert.Equal(cache.ToArray().Select(pair => pair.Key).Distinct().Count(), cache.Count);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"seed {seed}", exception);
        }
    }

    private static async Task WorkAsync(LocalCache<int, int> cache, Random random, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            var key = random.Next(100);
            switch (random.Next(16))
            {
                case 0: cache.Set(key, key); break;
                case 1: cache.Set(key, key, new CacheEntryOptions { TimeToLive = TimeSpan.FromMilliseconds(random.Next(1, 5)), Tags = [$"{key % 5}"] }); break;
                case 2: cache.Remove(key, out _); break;
                case 3: cache.Invalidate(key); break;
                case 4: cache.MoveTo(key, random.Next(2) == 0); break;
                case 5 when random.Next(50) == 0: cache.Clear(CacheChangeKind.Removed); break;
                case 6 when random.Next(20) == 0: cache.RemoveByTag($"{random.Next(5)}", CacheChangeKind.Invalidated); break;
                case 7: cache.Sweep(10); break;
                case 8 when random.Next(20) == 0: cache.Serve(cache.Now + random.Next(-5, 5)); cache.Serve(long.MaxValue); break;
                case 9: Assert.All(cache.Enumerate().Take(20), pair => Assert.Equal(pair.Key, pair.Value)); break;
                case 10: await cache.GetOrAddAsync(key, 0, static async (key, _, _) => { await Task.Yield(); return key; }, null, CancellationToken.None); break;
                case 11: cache.GetOrAdd(key, key => key); break;
                case 12 when cache.Peek(random.Next(2) == 0) is { } entry: cache.TryRemove(entry); break;
                default: Assert.True(!cache.TryGet(key, out var value) || value == key); break;
            }
        }
    }

    private static LocalCache<int, int> Create(int maxEntries)
    {
        var cache = new LocalCache<int, int>("cache", new CacheOptions { MaxEntries = maxEntries });
        cache.Serve(long.MaxValue);
        return cache;
    }

    private sealed class Sticky(int id) : IEquatable<Sticky>
    {
        public bool Block { get; set; }

        public TaskCompletionSource Entered { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public bool Equals(Sticky? other)
        {
            foreach (var one in new[] { this, other! })
            {
                if (!one.Block)
                    continue;
                one.Entered.TrySetResult();
                one.Release.Wait();
            }

            return id == other!.Id;
        }

        public override bool Equals(object? obj) => Equals(obj as Sticky);

        public override int GetHashCode() => id;

        private int Id => id;
    }
}
