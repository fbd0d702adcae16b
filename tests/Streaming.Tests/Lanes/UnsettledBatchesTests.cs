namespace McCache.Streaming.Tests;

/// <summary>What is kept of a publisher is bounded by what it would be on a lane, not by the few bytes that small frames are packed to.</summary>
public sealed class UnsettledBatchesTests
{
    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void What_does_not_fit_is_discarded_oldest_first(int batches, bool isDiscarded)
    {
        var kept = new UnsettledBatches(3 * (256 + 100 + (2 * Frame.Overhead)));
        for (var i = 0; i < batches; i++)
            kept.Add(new Batch("p", default, (2 * i) + 1, 2, null, new byte[100], Before: 2 * i, Last: (2 * i) + 2));
        Assert.Equal(isDiscarded, kept.HasDiscarded);
        Assert.Equal(isDiscarded ? 3 : 1, kept.Batches.First().First);

        kept.SettleTo(2); // whatever was discarded, all have it
        Assert.False(kept.HasDiscarded);
        Assert.Equal(3, kept.Batches.First().First);
    }
}
