using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>The clock of versions: close to wall time, and causally later is always larger.</summary>
public sealed class HybridClockTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Follows_the_wall_clock_and_never_goes_back()
    {
        var clock = new HybridClock(_time);
        var first = clock.Next();
        Assert.Equal(_time.GetUtcNow(), new CacheVersion(first, 0).Time);
        Assert.Equal(first + 1, clock.Next());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(_time.GetUtcNow(), new CacheVersion(clock.Next(), 0).Time);
    }

    [Fact]
    public void What_was_observed_is_smaller_than_what_comes_next()
    {
        var (here, there) = (new HybridClock(_time), new HybridClock(_time));
        for (var i = 0; i < 100; i++)
            there.Next();
        var observed = there.Next();
        Assert.True(here.Observe(observed, TimeSpan.FromSeconds(1)));
        Assert.True(here.Next() > observed);
    }

    [Fact]
    public void A_clock_too_far_ahead_is_refused()
    {
        var clock = new HybridClock(_time);
        var ahead = (_time.GetUtcNow().ToUnixTimeMilliseconds() + 1_001) << 16;
        Assert.False(clock.Observe(ahead, TimeSpan.FromSeconds(1)));
        Assert.True(clock.Next() < ahead);
        Assert.True(clock.Observe(ahead - (1L << 16), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void The_counter_carries_into_the_milliseconds()
    {
        var clock = new HybridClock(_time);
        var last = clock.Next();
        for (var i = 0; i < 70_000; i++)
        {
            var next = clock.Next();
            Assert.True(next > last);
            last = next;
        }
    }

    [Fact]
    public void Versions_are_totally_ordered() => Gen.Select(Gen.Long[0, 3], Gen.ULong[0, 3]).Select(pair => new CacheVersion(pair.Item1, pair.Item2)).Array[3].Sample(versions =>
    {
        var (a, b, c) = (versions[0], versions[1], versions[2]);
        Assert.Equal(a == b, a.CompareTo(b) == 0);
        Assert.Equal(a < b, b > a);
        Assert.Equal(a <= b, !(a > b));
        Assert.True(!(a <= b && b <= c) || a <= c);
    });
}
