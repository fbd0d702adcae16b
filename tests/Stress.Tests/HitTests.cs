using McCache.Stress.Faults;

namespace McCache.Stress.Tests;

public sealed class HitTests
{
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(1, 0.996, false)]
    [InlineData(1, 0.99, true)]
    [InlineData(0.9, 0.9, false)]
    [InlineData(0.9, 1, false)]
    public void Crash_that_costs_hits_is_told_from_one_that_does_not(double before, double during, bool isLoss)
        => Assert.Equal(isLoss, new HitRatios(before, during).IsLoss);
}
