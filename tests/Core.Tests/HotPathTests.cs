using System.Reflection;

namespace McCache.Core.Tests;

/// <summary>What a hit costs: no allocation, no lock.</summary>
public class HotPathTests
{
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
    public void Reading_a_replica_allocates_nothing()
    {
        var cache = Replicas.Make();
        cache.SetAt(1, 10);
        cache.Hear(2, 11);
        Check("TryGet of an own value", () => cache.TryGet(1, out _));
        Check("TryGet of another's value", () => cache.TryGet(2, out _));
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

    /// <summary>Warm code allocates nothing at all; a tiering compilation in between may, so the best of a few rounds counts.</summary>
    private static void Check(string what, Action read)
    {
        long least = long.MaxValue;
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                read();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.True(least == 0, $"{what} allocates {least / 100.0} bytes");
    }
}
