namespace McCache.Core.Tests;

public class LimitTests
{
    [Fact]
    public void Entries_stay_within_MaxEntries_and_the_newest_stays()
    {
        var cache = Caches.Make<int, int>(options => options.MaxEntries = 10);
        for (int i = 0; i < 100; i++)
        {
            cache.Set(i, i);
            Assert.True(cache.ContainsKey(i));
            Assert.True(cache.Count <= 10);
            cache.Check();
        }

        Assert.Equal((10, 90), (cache.Count, cache.Statistics.Evictions));
    }

    [Fact]
    public void Bytes_stay_within_MaxBytes_whatever_is_written()
    {
        var cache = Caches.Make<int, int>(options => options.MaxBytes = 1_000);
        var random = new Random(3);
        for (int i = 0; i < 2_000; i++)
        {
            int key = random.Next(30);
            cache.Set(key, i, new() { Size = random.Next(1, 1_001) });
            Assert.True(cache.TryGet(key, out int value) && value == i, $"step {i}: what has just been written is gone");
            cache.Check();
        }
    }

    [Fact]
    public void A_larger_value_than_MaxBytes_is_refused_and_nothing_changes()
    {
        var cache = Caches.Make<string, string>(options => options.MaxBytes = 100, measure: (_, value) => value.Length);
        cache.Set("a", "small");
        string large = new('x', 101);
        Action[] writes = [() => cache.Set("a", large), () => cache.TryUpdate("a", large, "small"), () => cache.AddOrUpdate("a", "", (_, _) => large), () => cache.TryAdd("b", large)];
        foreach (var write in writes)
        {
            var exception = Assert.Throws<ArgumentException>(write);
            Assert.Contains("101", exception.Message, StringComparison.Ordinal);
            Assert.Contains("MaxBytes", exception.Message, StringComparison.Ordinal);
            Assert.Contains("100", exception.Message, StringComparison.Ordinal);
        }

        Assert.True(cache.TryGet("a", out string? value));
        Assert.Equal(("small", "a"), (value, cache.Order()));
        cache.Set("a", new('x', 100));
    }

    [Fact]
    public async Task An_oversized_fill_is_returned_but_not_cached()
    {
        var cache = Caches.Make<string, string>(options => options.MaxBytes = 10, measure: (_, value) => value.Length);
        string large = new('x', 11);
        Assert.Same(large, cache.GetOrAdd("a", _ => large));
        Assert.Same(large, await cache.GetOrAddAsync("a", large, (_, value, _) => new(value), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((0, 2, 2, 0), (cache.Count, cache.Statistics.OversizedFills, cache.Statistics.Fills, cache.Statistics.BrokenFlights));
    }

    [Fact]
    public void A_measure_below_one_counts_as_one()
    {
        var cache = Caches.Make<string, string>(measure: (_, _) => -5);
        cache.Set("a", "");
        Assert.Equal(1, cache.Statistics.Bytes);
    }

    [Fact]
    public void The_estimate_grows_with_strings_and_primitive_arrays()
    {
        Assert.Equal(1_000, SizeEstimate.Of("a", new byte[1_000]) - SizeEstimate.Of("a", Array.Empty<byte>()));
        Assert.Equal(8_000, SizeEstimate.Of("a", new long[1_000]) - SizeEstimate.Of("a", Array.Empty<long>()));
        Assert.Equal(2_000, SizeEstimate.Of("a", new string('x', 1_000)) - SizeEstimate.Of("a", ""));
        Assert.Equal(2_000, SizeEstimate.Of(new string('x', 1_000), 1) - SizeEstimate.Of("", 1));
        Assert.Equal(16 - 4, SizeEstimate.Of(1, Guid.Empty) - SizeEstimate.Of(1, 1));
        Assert.Equal(SizeEstimate.Of(1, new object()), SizeEstimate.Of(1, (object?)null));
        Assert.True(SizeEstimate.Of(1, 1) >= SizeEstimate.EntryOverhead);
    }
}
