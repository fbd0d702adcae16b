using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

public class ExpiryTests
{
    private static readonly CacheEntryOptions Brief = new() { TimeToLive = TimeSpan.FromSeconds(1) };
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_entry_is_a_miss_from_its_expiry_on()
    {
        var cache = Caches.Make<string, int>(options => options.TimeToLive = TimeSpan.FromSeconds(10), _time);
        cache.Set("a", 1);
        cache.Set("b", 1, Brief);
        Advance(999);
        Assert.Equal("a b", cache.Order());
        Advance(1);
        Assert.Equal("a", cache.Order());
        Assert.False(cache.TryGet("b", out _));
        Advance(9_000);
        Assert.False(cache.ContainsKey("a"));
    }

    [Fact]
    public void An_update_starts_the_time_to_live_anew()
    {
        var cache = Caches.Make<string, int>(options => options.TimeToLive = TimeSpan.FromSeconds(1), _time);
        cache.Set("a", 1);
        Advance(900);
        cache.Set("a", 2);
        Advance(900);
        Assert.True(cache.ContainsKey("a"));
    }

    [Fact]
    public void A_time_to_live_below_a_millisecond_still_lives()
    {
        var cache = Caches.Make<string, int>(time: _time);
        cache.Set("a", 1, new() { TimeToLive = TimeSpan.FromTicks(1) });
        Assert.True(cache.ContainsKey("a"));
        Advance(1);
        Assert.False(cache.ContainsKey("a"));
    }

    [Fact]
    public void An_expired_key_that_is_set_again_goes_to_the_end()
    {
        var cache = Caches.Make<string, int>(time: _time);
        cache.Set("a", 1, Brief);
        cache.Set("b", 1);
        Advance(1_000);
        Assert.True(cache.TryAdd("a", 2));
        Assert.Equal("b a", cache.Order());
        Assert.Equal((1, 3, 0), (cache.Statistics.Expirations, cache.Statistics.Inserts, cache.Statistics.Updates));
    }

    [Fact]
    public void Sweep_drops_expired_entries_and_looks_at_no_more_than_it_is_told()
    {
        var cache = Caches.Make<int, int>(time: _time);
        for (int i = 0; i < 100; i++)
        {
            cache.Set(i, i, i % 2 == 0 ? Brief : null);
        }

        Assert.Equal(0, cache.Sweep(1_000));
        Advance(1_000);
        int dropped = cache.Sweep(20);
        Assert.InRange(dropped, 5, 10);
        Assert.Equal(50 - dropped, cache.Sweep(1_000));
        Assert.Equal(50, cache.Statistics.Entries);
        cache.Check();
    }

    [Fact]
    public void Writes_drop_expired_entries_of_other_keys_as_they_go()
    {
        var cache = Caches.Make<int, int>(time: _time);
        for (int i = 0; i < 100; i++)
        {
            cache.Set(i, i, Brief);
        }

        Advance(1_000);
        for (int i = 0; i < 50; i++)
        {
            cache.Set(1_000, i);
        }

        Assert.Equal((1, 100), (cache.Statistics.Entries, cache.Statistics.Expirations));
        cache.Check();
    }

    [Fact]
    public void Expired_entries_leave_before_live_ones()
    {
        var cache = Caches.Make<int, int>(options => options.MaxEntries = 10, _time);
        cache.Set(0, 0);
        for (int i = 1; i < 10; i++)
        {
            cache.Set(i, i, Brief);
        }

        Advance(1_000);
        cache.Set(10, 10);
        Assert.Equal("0 10", cache.Order());
        Assert.Equal(0, cache.Statistics.Evictions);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Repeated_sweeps_find_everything_whatever_was_written_between(int seed)
    {
        var random = new Random(seed);
        var cache = Caches.Make<int, int>(time: _time);
        for (int i = 0; i < 3_000; i++)
        {
            int key = random.Next(100);
            switch (random.Next(6))
            {
                case 0: cache.Remove(key, out _); break;
                case 1: cache.MoveTo(key, random.Next(2) == 0); break;
                case 2: cache.Sweep(random.Next(8)); break;
                case 3: Advance(random.Next(100)); break;
                default: cache.Set(key, i, random.Next(3) == 0 ? null : new() { TimeToLive = TimeSpan.FromMilliseconds(random.Next(1, 3_000)) }); break;
            }

            cache.Check();
        }

        Advance(3_000);
        cache.Sweep(1_000);
        Assert.Equal(cache.ToArray().Length, cache.Statistics.Entries);
    }

    private void Advance(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
