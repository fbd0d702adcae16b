namespace McCache.Streaming.Tests;

/// <summary>What a lane does that the simulation does not reach.</summary>
public sealed class OutboundLaneTests
{
    [Fact]
    public void A_loss_before_the_lane_is_named_by_its_first_batch()
    {
        var lane = new OutboundLane(new LaneLimits(4, 1_000), new Random(1));
        lane.LoseEarlier();
        Assert.True(lane.TryTake(TimeSpan.Zero, 0, out var batch));
        Assert.Equal((2, 0), (batch.First, batch.Frames.Length));
        Assert.NotNull(batch.Gap);
        Assert.Null(batch.Gap.Streams);
        lane.OnAcknowledged(batch, new Acknowledgement(1, 1, 1, null), TimeSpan.Zero);
        Assert.True(lane.IsEmpty);
        lane.Enqueue(new Frame(FrameKind.Item, false, StreamId.Create("s", 1), [1]), null);
        Assert.True(lane.TryTake(TimeSpan.Zero, 0, out batch));
        Assert.Equal((2, 1), (batch.First, batch.Frames.Length));
        Assert.Null(batch.Gap);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_batch_says_which_number_is_before_it_also_from_before_the_lane(bool isLost)
    {
        var lane = new OutboundLane(new LaneLimits(4, 1_000), new Random(1), before: 57);
        if (isLost)
            lane.LoseEarlier();
        for (var number = 60; number <= 80; number += 10) // those between were for others
        {
            var frame = new Frame(FrameKind.Item, false, StreamId.Create("s", 1), [1]);
            frame.SetNumber(number, 1);
            lane.Enqueue(frame, null);
            Assert.True(lane.TryTake(TimeSpan.FromMinutes(number), 0, out var batch));
            Assert.Equal(number == 60 ? 57 : number - 10, batch.Before);
            lane.OnAcknowledged(batch, new(1, batch.Last, batch.Last, null), TimeSpan.FromMinutes(number));
        }
    }
}
