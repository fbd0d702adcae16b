using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>Which keys are read most.</summary>
public class TopKeysTests
{
    [Fact]
    public void The_keys_that_are_read_most_come_first_with_their_share()
    {
        var top = new TopKeys<int>(3);
        for (var i = 0; i < 160_000; i++)
            top.Note(i % 10 < 5 ? 1 : i % 10 < 8 ? 2 : 1_000 + i); // half, three tenths, and ever new ones
        var keys = top.Read();
        Assert.Equal(3, keys.Length);
        Assert.Equal([1, 2], keys.Take(2).Select(key => key.Key));
        Assert.InRange(keys[0].Share, 0.45, 0.55);
        Assert.InRange(keys[1].Share, 0.25, 0.35);
    }

    [Fact]
    public void What_was_hot_long_ago_gives_way()
    {
        var top = new TopKeys<string>(2);
        Read("old", 3_000_000);
        Assert.Equal("old", top.Read()[0].Key);
        Read("new", 6_000_000);
        Assert.Equal("new", top.Read()[0].Key);

        void Read(string key, int times)
        {
            for (var i = 0; i < times; i++)
                top.Note(key);
        }
    }

    [Fact]
    public void A_cache_counts_keys_only_where_that_was_asked_for()
    {
        Assert.Null(Caches.Numbers("a").TopKeys);
        var cache = new LocalCache<string, int>("counting", new CacheOptions { TopKeys = 2 });
        cache.Serve(long.MaxValue);
        cache.Set("a", 1);
        for (var i = 0; i < 1_000; i++)
            cache.TryGet("a", out _);
        var top = Assert.Single(cache.TopKeys!);
        Assert.Equal(("a", 1.0), (top.Key, top.Share));
    }

    [Fact]
    public void Keys_are_browsed_in_order_without_being_read()
    {
        var cache = Caches.Numbers("a", "b", "c", "d");
        var before = cache.Statistics;
        var (keys, total) = cache.Browse(1, 2);
        Assert.Equal(4, total);
        Assert.Equal(["b", "c"], keys.Select(key => key.Key));
        Assert.All(keys, key => Assert.True(key.Metadata.Size > 0));
        Assert.Empty(cache.Browse(9, 2).Keys);
        Assert.Equal((before.Hits, before.Misses), (cache.Statistics.Hits, cache.Statistics.Misses));
        cache.Serve(0);
        Assert.Equal(0, cache.Browse(0, 9).Total);
    }

    [Fact]
    public void What_has_expired_is_neither_shown_nor_counted()
    {
        var time = new FakeTimeProvider();
        var cache = Caches.Make<string, int>(time: time);
        cache.Set("a", 1, new CacheEntryOptions { TimeToLive = TimeSpan.FromSeconds(1) });
        cache.Set("b", 2);
        cache.Set("c", 3, new CacheEntryOptions { TimeToLive = TimeSpan.FromSeconds(1) });
        time.Advance(TimeSpan.FromSeconds(2));
        var (keys, total) = cache.Browse(0, 9);
        Assert.Equal((1, "b"), (total, Assert.Single(keys).Key));
    }
}
