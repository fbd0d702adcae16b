using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>Bounds, sizes, expiry, options, statistics, notifications.</summary>
public sealed class LimitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Entries_stay_within_their_limit_and_the_newest_stays()
    {
        var cache = Create(new CacheOptions { MaxEntries = 10 });
        for (var i = 0; i < 1_000; i++)
        {
            cache.Set(i, new byte[1]);
            Assert.True(cache.ContainsKey(i));
            Assert.True(cache.Count <= 10);
        }

        cache.Check();
        Assert.Equal(990, cache.Statistics.Evictions);
    }

    [Fact]
    public void Bytes_stay_within_their_limit()
    {
        var cache = Create(new CacheOptions { MaxBytes = 10_000 }, (_, value) => value.Length);
        for (var i = 0; i < 1_000; i++)
            cache.Set(i % 50, new byte[1 + (i * 37 % 3_000)]);
        Assert.InRange(cache.Statistics.Bytes, 1, 10_000);
        cache.Check();
    }

    [Fact]
    public void What_is_read_often_outlives_a_scan()
    {
        var cache = Create(new CacheOptions { MaxEntries = 100 });
        for (var round = 0; round < 5; round++)
        {
            for (var hot = 0; hot < 20; hot++)
            {
                if (!cache.TryGet(hot, out _))
                    cache.Set(hot, []);
            }
        }

        for (var i = 1_000; i < 2_000; i++)
            cache.Set(i, []);
        Assert.True(Enumerable.Range(0, 20).Count(cache.ContainsKey) >= 15);
    }

    [Fact]
    public void Time_to_live_is_reset_by_an_update_and_not_by_a_read()
    {
        var cache = Create(new CacheOptions { TimeToLive = TimeSpan.FromSeconds(10) });
        cache.Set(1, []);
        _time.Advance(TimeSpan.FromSeconds(8));
        cache.Set(1, []);
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.True(cache.TryGet(1, out _));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(cache.TryGet(1, out _));
        Assert.Equal(1, cache.Sweep(100));
        Assert.Equal(0, cache.Count);
        cache.Check();
    }

    [Fact]
    public void Before_the_start_nothing_is_stored_and_after_a_lapse_everything_is_seen_again()
    {
        var cache = new LocalCache<int, byte[]>("cache", new CacheOptions(), _time);
        cache.Set(1, []);
        cache.Serve(long.MaxValue);
        Assert.Equal(0, cache.Count);
        cache.Serve(cache.Now + 10);
        cache.Set(2, []);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.False(cache.TryGet(2, out _));
        Assert.Empty(cache.ToArray());
        Assert.Empty(cache.Enumerate());
        Assert.Null(cache.Peek(last: true));
        Assert.Equal(-1, cache.IndexOf(2));
        Assert.False(cache.TryGetMetadata(2, out _));
        Assert.Equal(0, cache.Count);
        cache.Serve(long.MaxValue);
        Assert.True(cache.TryGet(2, out _));
    }

    public static TheoryData<CacheOptions, string> BadOptions => new()
    {
        { new() { MaxEntries = 0 }, "MaxEntries is 0; it must be from 1 to 100,000,000" },
        { new() { MaxEntries = 100_000_001 }, "MaxEntries is 100000001" },
        { new() { MaxBytes = 0 }, "MaxBytes is 0; it must be 1 or more" },
        { new() { TimeToLive = TimeSpan.Zero }, "TimeToLive is 00:00:00" },
        { new() { TimeToLive = TimeSpan.FromDays(3651) }, "TimeToLive is 3651" },
        { new() { ChangeWindow = TimeSpan.FromTicks(-1) }, "ChangeWindow is -" },
        { new() { ChangeWindow = TimeSpan.FromDays(2) }, "ChangeWindow is 2" },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Options_out_of_range_name_option_value_and_range(CacheOptions options, string message)
        => Assert.Contains(message, Assert.Throws<OptionsValidationException>(() => Create(options)).Message, StringComparison.Ordinal);

    [Fact]
    public void Defaults_have_not_changed()
    {
        var options = new CacheOptions();
        Assert.Equal((100_000, null, null, false, TimeSpan.Zero), (options.MaxEntries, options.MaxBytes, options.TimeToLive, options.UpdateMovesToLast, options.ChangeWindow));
        Assert.Equal(TimeSpan.FromMinutes(1), new McCacheOptions().MaxClockSkew);
    }

    [Fact]
    public void Entry_options_out_of_range_change_nothing()
    {
        var cache = Create(new CacheOptions());
        foreach (var options in new CacheEntryOptions[]
        {
            new() { TimeToLive = TimeSpan.Zero },
            new() { Size = 0 },
            new() { Tags = [.. Enumerable.Range(0, 65).Select(i => $"{i}")] },
            new() { Tags = [null!] },
        })
        {
            Assert.ThrowsAny<ArgumentException>(() => cache.Set(1, [], options));
        }

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task Changes_come_in_order_with_the_time_since_the_last_read()
    {
        var cache = Create(new CacheOptions { ChangeWindow = TimeSpan.FromSeconds(5) });
        var seen = new List<CacheChange<int>>();
        var done = new TaskCompletionSource();
        using var watching = cache.OnChange(change =>
        {
            seen.Add(change);
            if (change.Kind == CacheChangeKind.Evicted)
                done.SetResult();
            throw new InvalidOperationException("a callback's exception is logged, and the next change comes all the same");
        });
        cache.Set(1, []);
        cache.TryGet(1, out _);
        _time.Advance(TimeSpan.FromSeconds(2));
        cache.Set(1, []);
        _time.Advance(TimeSpan.FromSeconds(10));
        cache.Invalidate(1);
        cache.Set(1, []);
        cache.Evict(1);
        await done.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(
            [CacheChangeKind.Inserted, CacheChangeKind.Updated, CacheChangeKind.Invalidated, CacheChangeKind.Inserted, CacheChangeKind.Evicted],
            seen.Select(change => change.Kind));
        Assert.Equal([null, TimeSpan.FromSeconds(2), null, null, null], seen.Select(change => change.SinceRead));
    }

    [Fact]
    public void Statistics_count_what_happened()
    {
        var cache = Create(new CacheOptions());
        cache.TryGet(1, out _);
        cache.GetOrAdd(1, _ => []);
        cache.TryGet(1, out _);
        cache.Set(1, []);
        cache.Remove(1, out _);
        _time.Advance(TimeSpan.FromMinutes(1));
        cache.Set(2, []);
        cache.Invalidate(2);
        var statistics = cache.Statistics;
        Assert.Equal((1, 2, 1, 2, 1, 1, 1), (statistics.Hits, statistics.Misses, statistics.Fills, statistics.Inserts, statistics.Updates, statistics.Removals, statistics.Invalidations));
        Assert.Equal(3, statistics.Spikes); // all but the first change and the one a minute later
        Assert.Equal(1.0 / 3, statistics.HitRatio, 3);
    }

    [Fact]
    public void The_digest_does_not_depend_on_the_order()
    {
        var (one, two) = (Create(new CacheOptions()), Create(new CacheOptions()));
        foreach (var key in Enumerable.Range(0, 50))
        {
            one.Set(key, []);
            two.Set(49 - key, []);
        }

        static ulong Hash(int key) => unchecked((ulong)key * 0x9E3779B97F4A7C15);
        Assert.Equal(one.Digest(Hash), two.Digest(Hash));
        two.Remove(7, out _);
        Assert.NotEqual(one.Digest(Hash), two.Digest(Hash));
    }

    [Fact]
    public void A_hit_a_miss_and_a_filled_fill_allocate_nothing()
    {
        var cache = new LocalCache<(int, int), string>("cache", new CacheOptions { TimeToLive = TimeSpan.FromHours(1) });
        cache.Serve(long.MaxValue);
        cache.Set((1, 2), "value");
        for (var i = 0; i < 3; i++)
            Measure();
        Assert.Equal(0, Measure());

        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                cache.TryGet((1, 2), out _);
                cache.TryGet((2, 1), out _);
                cache.ContainsKey((1, 2));
                cache.GetOrAdd((1, 2), 0, static (_, _) => "");
                _ = cache.GetOrAddAsync((1, 2), 0, static (_, _, _) => new ValueTask<string>(""));
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private LocalCache<int, byte[]> Create(CacheOptions options, Func<int, byte[], long>? measure = null)
    {
        var cache = new LocalCache<int, byte[]>("cache", options, _time, measure);
        cache.Serve(long.MaxValue);
        return cache;
    }
}
