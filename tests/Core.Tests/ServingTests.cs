using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

public class ServingTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Before_the_start_the_cache_looks_empty_and_stores_nothing()
    {
        var cache = Caches.Make<string, int>(serve: false);
        cache.Set("a", 1);
        Assert.True(cache.TryAdd("b", 1));
        Assert.Equal(3, cache.AddOrUpdate("c", 3, (_, _) => 4));
        Assert.False(cache.TryUpdate("a", 2, 1));
        Assert.Equal(5, cache.GetOrAdd("d", _ => 5));
        cache.Serve(long.MaxValue);
        Assert.Equal("", cache.Order());
    }

    [Fact]
    public void In_a_lapse_every_reading_verb_finds_nothing()
    {
        var cache = Lapsing(out _);
        var peeked = cache.Peek(last: false)!;
        Lapse();
        Assert.False(cache.TryGet("a", out _));
        Assert.False(cache.ContainsKey("a"));
        Assert.False(cache.TryGetMetadata("a", out _));
        Assert.False(cache.MoveTo("a", last: true));
        Assert.False(cache.TryRemove(peeked));
        Assert.False(cache.TryPop(peeked, last: false));
        Assert.False(cache.TryUpdate("a", 5, 1));
        Assert.Equal((0, -1), (cache.Count, cache.IndexOf("a")));
        Assert.Null(cache.Peek(last: false));
        Assert.Null(cache.Peek(last: true));
        Assert.Null(cache.PeekAt(0));
        Assert.Empty(cache.ToArray());
        Assert.Empty(cache.Enumerate());
        Assert.Equal(0ul, cache.Digest(key => (ulong)key.Length));
        Assert.Equal(7, cache.GetOrAdd("a", _ => 7));
    }

    [Fact]
    public void Entries_survive_a_lapse()
    {
        var cache = Lapsing(out _);
        Lapse();
        cache.Serve(long.MaxValue);
        Assert.Equal("a b", cache.Order());
    }

    [Fact]
    public void Writes_in_a_lapse_apply_and_are_seen_afterwards()
    {
        var cache = Lapsing(out _);
        Lapse();
        cache.Set("c", 3);
        Assert.True(cache.TryAdd("a", 10));
        Assert.False(cache.Remove("b", out int value));
        Assert.Equal(0, value);
        cache.Serve(long.MaxValue);
        Assert.Equal("a c", cache.Order());
        Assert.True(cache.TryGet("a", out value));
        Assert.Equal(10, value);
    }

    [Fact]
    public void Serving_ends_exactly_at_its_time()
    {
        var cache = Lapsing(out long until);
        _time.Advance(TimeSpan.FromMilliseconds(until - cache.Now - 1));
        Assert.True(cache.ContainsKey("a"));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(cache.ContainsKey("a"));
    }

    [Fact]
    public void Serve_zero_drops_everything()
    {
        var cache = Lapsing(out _);
        cache.Serve(0);
        cache.Check();
        cache.Serve(long.MaxValue);
        Assert.Equal("", cache.Order());
        Assert.Equal(2, cache.Statistics.Invalidations);
    }

    [Fact]
    public void Serve_refuses_a_negative_time() => Assert.Throws<ArgumentOutOfRangeException>(() => Lapsing(out _).Serve(-1));

    private void Lapse() => _time.Advance(TimeSpan.FromSeconds(2));

    private LocalCache<string, int> Lapsing(out long until)
    {
        var cache = Caches.Make<string, int>(time: _time);
        cache.Serve(until = cache.Now + 1_000);
        cache.Set("a", 1);
        cache.Set("b", 2);
        return cache;
    }
}
