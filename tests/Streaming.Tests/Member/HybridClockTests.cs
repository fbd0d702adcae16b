using Microsoft.Extensions.Time.Testing;

namespace McCache.Streaming.Tests.Member;

public class HybridClockTests
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void It_reads_wall_time_and_counts_within_a_millisecond()
    {
        var clock = new HybridClock(_time, Skew);
        long first = clock.Next();
        Assert.Equal(Wall, first);
        Assert.Equal(first + 1, clock.Next());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Wall, clock.Next());
        Assert.Equal(_time.GetUtcNow(), new CacheVersion(Wall, 1).Time);
    }

    [Fact]
    public void A_counter_that_overflows_carries_into_the_milliseconds()
    {
        var clock = new HybridClock(_time, Skew);
        long last = clock.Next();
        for (int i = 0; i < 70_000; i++)
        {
            long next = clock.Next();
            Assert.True(next > last);
            last = next;
        }

        Assert.Equal((Wall >> 16) + 1, last >> 16);
    }

    [Fact]
    public void It_never_goes_back_with_the_wall_clock()
    {
        var wall = new AdjustableTime();
        var clock = new HybridClock(wall, Skew);
        long before = clock.Next();
        wall.Now -= TimeSpan.FromHours(1);
        Assert.Equal(before + 1, clock.Next());
    }

    [Fact]
    public void What_is_observed_comes_before_what_follows()
    {
        var clock = new HybridClock(_time, Skew);
        long ahead = Wall + (5_000L << 16) + 3;
        Assert.True(clock.Observe(ahead));
        Assert.Equal(ahead + 1, clock.Next());
        Assert.True(clock.Observe(1));
        Assert.Equal(ahead + 2, clock.Next());
    }

    [Fact]
    public void What_is_further_ahead_than_the_skew_is_refused_and_forgotten()
    {
        var clock = new HybridClock(_time, Skew);
        Assert.False(clock.Observe(Wall + (60_001L << 16)));
        Assert.False(clock.Observe(long.MaxValue));
        Assert.Equal(Wall, clock.Next());
        Assert.True(clock.Observe(Wall + (60_000L << 16)));
    }

    [Fact]
    public async Task Timestamps_of_many_threads_are_all_different_and_each_threads_grow()
    {
        var clock = new HybridClock(TimeProvider.System, Skew);
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 20_000).Select(_ => clock.Next()).ToArray())));
        Assert.All(all, one => Assert.Equal(one.Order(), one));
        Assert.Equal(80_000, all.SelectMany(one => one).Distinct().Count());
    }

    private long Wall => _time.GetUtcNow().ToUnixTimeMilliseconds() << 16;

    private sealed class AdjustableTime : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
