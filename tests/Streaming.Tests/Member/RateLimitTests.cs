namespace McCache.Streaming.Tests.Member;

public sealed class RateLimitTests
{
    [Fact]
    public void What_passes_keeps_to_the_rate_on_average_and_a_second_may_come_at_once()
    {
        var limit = new RateLimit(100);
        var passed = 0;
        for (var millisecond = 0; millisecond < 10_000; millisecond++)
        {
            while (limit.HasRoom(TimeSpan.FromMilliseconds(millisecond)))
            {
                limit.Take(7);
                passed += 7;
            }

            if (millisecond == 0)
                Assert.InRange(passed, 100, 106);
        }

        Assert.InRange(passed, 1_099, 1_107);
    }

    [Fact]
    public void What_is_larger_than_a_second_passes_and_is_paid_off_before_anything_else_does()
    {
        var limit = new RateLimit(100);
        Assert.True(limit.HasRoom(TimeSpan.Zero));
        limit.Take(1_100);
        Assert.False(limit.HasRoom(TimeSpan.FromSeconds(10)));
        Assert.True(limit.HasRoom(TimeSpan.FromSeconds(10.1)));
    }
}
