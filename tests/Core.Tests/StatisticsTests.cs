using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

public class StatisticsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Every_verb_counts_what_it_did()
    {
        var cache = Caches.Make<string, int>(time: _time);
        cache.Set("a", 1, new() { Size = 10 });
        cache.Set("b", 1, new() { Size = 20 });
        cache.Set("b", 2, new() { Size = 30 });
        cache.TryGet("a", out _);
        cache.TryGet("x", out _);
        cache.ContainsKey("a");
        cache.Remove("a", out _);
        var statistics = cache.Statistics;
        Assert.Equal(("test", 1, 30, 1, 1), (statistics.Name, statistics.Entries, statistics.Bytes, statistics.Hits, statistics.Misses));
        Assert.Equal((2, 1, 1, 0.5), (statistics.Inserts, statistics.Updates, statistics.Removals, statistics.HitRatio));
        cache.Check();
    }

    [Fact]
    public void Misses_count_while_the_cache_may_not_serve()
    {
        var cache = Caches.Numbers("a");
        cache.Serve(cache.Now);
        cache.TryGet("a", out _);
        Assert.Equal((0, 1), (cache.Statistics.Hits, cache.Statistics.Misses));
    }

    [Fact]
    public void Spikes_are_changes_within_five_seconds_of_the_one_before()
    {
        var cache = Caches.Make<string, int>(time: _time);
        Change(0);
        Change(1_000);
        Change(5_000);
        Change(4_999);
        Change(1);
        Assert.Equal((3, TimeSpan.FromMilliseconds(2_000)), (cache.Statistics.Spikes, cache.Statistics.MeanSpikeInterval));
        cache.Set("another", 1);
        cache.Clear(CacheChangeKind.Removed);
        Assert.Equal(6, cache.Statistics.Spikes);

        void Change(int after)
        {
            _time.Advance(TimeSpan.FromMilliseconds(after));
            cache.Set("a", after);
        }
    }

    [Fact]
    public async Task Reads_of_many_threads_are_counted_almost_to_the_last()
    {
        var cache = Caches.Numbers("a");
        const int Threads = 8, Reads = 200_000;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < Reads; i++)
                {
                    cache.TryGet("a", out int _);
                }
            },
            TaskCreationOptions.LongRunning)));
        Assert.InRange(cache.Statistics.Hits, Threads * Reads * 0.99, Threads * Reads);
    }

    [Fact]
    public void Metadata_tells_times_size_and_tags()
    {
        var cache = Caches.Make<string, int>(time: _time);
        var inserted = _time.GetUtcNow();
        cache.Set("a", 1);
        _time.Advance(TimeSpan.FromSeconds(3));
        cache.Set("a", 2, new() { TimeToLive = TimeSpan.FromSeconds(10), Tags = ["x", "y"], Size = 5 });
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(cache.TryGetMetadata("a", out var metadata));
        Assert.Equal((inserted, inserted.AddSeconds(3), inserted.AddSeconds(13)), (metadata.Inserted, metadata.Updated, metadata.Expires!.Value));
        Assert.Equal((5, null), (metadata.Size, metadata.Version));
        Assert.Equal(["x", "y"], metadata.Tags);
        cache.Set("b", 1);
        Assert.True(cache.TryGetMetadata("b", out metadata));
        Assert.Null(metadata.Expires);
        Assert.Equal((0, 0), (cache.Statistics.Hits, cache.Statistics.Misses));
    }

    [Fact]
    public void Digest_tells_sets_of_keys_apart_and_ignores_their_order()
    {
        Assert.Equal(Digest("a", "b", "c"), Digest("c", "a", "b"));
        Assert.NotEqual(Digest("a", "b"), Digest("a", "c"));
        Assert.NotEqual(Digest("a"), Digest("a", "b"));
        Assert.NotEqual(Digest(), Digest("a"));

        static ulong Digest(params string[] keys) => Caches.Numbers(keys).Digest(key => key[0]);
    }
}
