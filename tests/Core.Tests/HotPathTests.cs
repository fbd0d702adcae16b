using System.Reflection;

namespace McCache.Core.Tests;

/// <summary>What a hit costs: no allocation, no lock; and what a write allocates at most.</summary>
public class HotPathTests
{
#if DEBUG
    /// <summary>A debug build boxes a number to compare it with null.</summary>
    private const double BoxBytes = 24;
#else
    private const double BoxBytes = 0;
#endif

    /// <summary>An entry is updated in place.</summary>
    private const double MaxSetBytes = 0;

    /// <summary>The same in a replicated cache, whose key has a register already, and for a value that comes from another member; what is packed is the caller's.</summary>
    private const double MaxReplicaSetBytes = 184;

    /// <summary>The entry that comes in.</summary>
    private const double MaxEvictingSetBytes = 160;

    [Fact]
    public void Reading_a_string_key_allocates_nothing()
    {
        var cache = new LocalCache<string, int>("test", new() { TimeToLive = TimeSpan.FromHours(1) });
        cache.Serve(cache.Now + 1_000_000);
        cache.Set("a", 1);
        Check("TryGet hit", () => cache.TryGet("a", out _));
        Check("TryGet miss", () => cache.TryGet("b", out _));
        Check("ContainsKey", () => cache.ContainsKey("a"));
        Check("GetOrAdd hit", () => cache.GetOrAdd("a", static _ => 0));
        Check("GetOrAddAsync hit", () => _ = cache.GetOrAddAsync("a", 0, static (_, state, _) => new ValueTask<int>(state)).Result);
    }

    [Fact]
    public void Reading_a_struct_key_allocates_nothing()
    {
        var cache = Caches.Make<(Guid, long), decimal>(options => options.ChangeWindow = TimeSpan.FromMinutes(1));
        var key = (Guid.NewGuid(), 5L);
        cache.Set(key, 1);
        Check("TryGet hit", () => cache.TryGet(key, out _));
        Check("TryGet miss", () => cache.TryGet((Guid.Empty, 0), out _));
    }

    [Fact]
    public void Reading_a_long_key_allocates_nothing()
    {
        var cache = Caches.Make<long, string>();
        cache.Set(1, "one");
        Check("TryGet hit", () => cache.TryGet(1, out _));
        Check("TryGet miss", () => cache.TryGet(2, out _));
        Check("ContainsKey", () => cache.ContainsKey(1));
        Check("GetOrAddAsync hit", () => _ = cache.GetOrAddAsync(1, "one", static (_, state, _) => new ValueTask<string>(state)).Result);
    }

    [Fact]
    public void Setting_an_existing_key_allocates_nothing()
    {
        var cache = Caches.Make<string, string>(options => options.TimeToLive = TimeSpan.FromHours(1));
        Check("Set", () => cache.Set("a", "b"), MaxSetBytes);
        var numbers = Caches.Make<long, long>();
        Check("Set of a long key", () => numbers.Set(1, 1), MaxSetBytes + BoxBytes);
    }

    [Fact]
    public void Setting_an_existing_key_of_a_replica_allocates_its_entry()
    {
        var cache = Replicas.Make();
        var timestamp = 0L;
        var change = new Newer(() => ++timestamp);
        Check("Set", () => cache.Set(1, 1, null, change), MaxReplicaSetBytes + BoxBytes);
        var packed = new Packed<int>(1);
        Check("MergeValue", () => cache.MergeValue(2, Replicas.Hash(2), Replicas.V(++timestamp, 2), default, packed, new(long.MaxValue, [], null), isLate: false), MaxReplicaSetBytes);
    }

    [Fact]
    public void Setting_a_key_that_evicts_another_allocates_its_entry()
    {
        var cache = Caches.Make<long, long>(options => options.MaxEntries = 1_000);
        var key = 0L;
        Check("Miss, set and evict", () =>
        {
            if (!cache.TryGet(++key, out _))
            {
                cache.Set(key, key);
            }
        }, MaxEvictingSetBytes + BoxBytes, calls: 5_000);
        Assert.Equal(1_000, cache.Count);
    }

    [Fact]
    public void Reading_a_replica_allocates_nothing()
    {
        var cache = Replicas.Make();
        cache.SetAt(1, 10);
        cache.Hear(2, 11);
        Check("TryGet of an own value", () => cache.TryGet(1, out _));
        Check("TryGet of another's value, once it is unpacked", () => cache.TryGet(2, out _));
        Check("ContainsKey", () => cache.ContainsKey(2));
        Check("GetOrAddAsync hit", () => _ = cache.GetOrAddAsync(2, 0, static (_, state, _) => new ValueTask<int>(state)).Result);
        Check("TryGet miss", () => cache.TryGet(3, out _));
        Check("GetOrAdd hit", () => cache.GetOrAdd(2, static _ => 0));
    }

    [Fact]
    public async Task A_reader_makes_progress_while_another_thread_holds_the_writer_lock()
    {
        var cache = Caches.Numbers("a");
        var writerLock = (Lock)typeof(LocalCache<string, int>).GetField("_lock", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(cache)!;
        using var held = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var holder = Task.Factory.StartNew(
            () =>
            {
                lock (writerLock)
                {
                    held.Set();
                    done.Wait();
                }
            },
            TaskCreationOptions.LongRunning);
        held.Wait(TestContext.Current.CancellationToken);
        try
        {
            await Task.Run(() =>
            {
                Assert.True(cache.TryGet("a", out _));
                Assert.False(cache.TryGet("b", out _));
                Assert.True(cache.ContainsKey("a"));
                Assert.Equal(1, cache.Count);
                Assert.Equal(1, cache.GetOrAdd("a", _ => 0));
                Assert.Equal(1, cache.GetOrAddAsync("a", 0, (_, _, _) => default).Result);
            }).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        finally
        {
            done.Set();
            await holder;
        }
    }

    /// <summary>Warm code allocates no more than it must; a tiering compilation in between may, so the best of a few rounds counts.</summary>
    private static void Check(string what, Action act, double maxBytes = 0, int calls = 100)
    {
        long least = long.MaxValue;
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < calls; i++)
            {
                act();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        double bytes = (double)least / calls;
        Assert.True(bytes <= maxBytes, $"{what} allocates {bytes} bytes; {maxBytes} are allowed");
    }

    /// <summary>A change that is always newer than what was there.</summary>
    private sealed class Newer(Func<long> next) : Change
    {
        internal override ulong KeyHash => Replicas.Hash(1);

        internal override CacheVersion Send(Place place) => Replicas.V(next());
    }
}
