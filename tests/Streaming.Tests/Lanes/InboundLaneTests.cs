namespace McCache.Streaming.Tests;

/// <summary>What a gateway's receiving end says besides: losses that others must hear of, and refusals.</summary>
public sealed class InboundLaneTests
{
    private static readonly byte[] s_stream = StreamNames.Of(StreamId.Create("tests", "a"));
    private readonly InboundLane _lane = new(7);

    [Fact]
    public void What_was_lost_is_not_settled_before_others_have_been_told()
    {
        Take(1, 3, null);
        Assert.Equal(3, _lane.Acknowledge(0).Floor);
        var batch = NewBatch(6, 2, Gap.All);
        Assert.NotNull(_lane.Admit(batch).Lost);
        var loss = _lane.TrackLoss();
        var awaited = _lane.Track(s_stream, 7);
        _lane.Commit(batch);
        var told = _lane.Acknowledge(0);
        Assert.Equal((7, 3), (told.Applied, told.Floor)); // 4 and 5 were lost
        Assert.Equal(4, Assert.Single(told.Lagging!).Lowest);
        Assert.True(_lane.Settle(loss));
        told = _lane.Acknowledge(0);
        Assert.Equal((7, 7), (told.Applied, told.Floor));
        Assert.Equal(7, Assert.Single(told.Lagging!).Lowest);
        Assert.True(_lane.Settle(awaited));
        Assert.Null(_lane.Acknowledge(0).Lagging);
    }

    [Fact]
    public void Losses_settle_in_order()
    {
        var first = _lane.TrackLoss();
        Take(2, 1, Gap.All);
        var second = _lane.TrackLoss();
        Take(5, 1, Gap.All);
        Assert.False(_lane.Settle(second));
        Assert.Equal(0, _lane.Acknowledge(0).Floor);
        Assert.True(_lane.Settle(first));
        Assert.Equal(5, _lane.Acknowledge(0).Floor);
    }

    [Fact]
    public void Refusals_are_said_until_they_have_been_heard_and_the_first_with_their_reasons()
    {
        Take(1, 100, null);
        for (var sequence = 1; sequence <= 100; sequence++)
            _lane.Refuse(sequence, "no");
        var refused = _lane.Acknowledge(0).Refused!;
        Assert.Equal(Enumerable.Range(1, 100).Select(number => (long)number), refused.Select(refusal => refusal.Sequence));
        Assert.Equal(64, refused.Count(refusal => refusal.Reason == "no"));
        Take(101, 1, null); // sent before anybody had heard
        Assert.Equal(100, _lane.Acknowledge(0).Refused!.Length);
        Take(102, 1, null);
        Assert.Null(_lane.Acknowledge(0).Refused);
    }

    [Fact]
    public void What_is_overruled_late_is_said_until_a_batch_shows_that_the_publisher_has_heard_it()
    {
        Take(1, 3, null);
        Assert.Null(_lane.Acknowledge(0).Overruled);
        Take(4, 3, null);
        _lane.Acknowledge(0);
        _lane.Overrule(2); // long after its batch
        _lane.Overrule(3, isUnknown: true);
        Take(7, 0, null); // a probe
        Take(7, 2, null); // sent before anybody had heard
        Take(7, 2, null); // again, for the answer was lost
        var told = _lane.Acknowledge(0);
        Assert.Equal([2], told.Overruled!);
        Assert.Equal([3], told.Unknown!);
        Take(20, 1, Gap.All); // who jumps over a gap need not have heard anything
        Assert.Equal([2], _lane.Acknowledge(0).Overruled!);
        Take(21, 1, null);
        told = _lane.Acknowledge(0);
        Assert.Null(told.Overruled);
        Assert.Null(told.Unknown);
    }

    [Fact]
    public void Unsettled_frames_are_counted()
    {
        Delivery[] deliveries = [_lane.Track(s_stream, 1), _lane.Track(s_stream, 2)];
        Assert.Equal(2, _lane.Unsettled);
        _lane.Settle(deliveries[1]);
        Assert.Equal(2, _lane.Unsettled); // in order
        _lane.Settle(deliveries[0]);
        Assert.Equal(0, _lane.Unsettled);
    }

    private void Take(long first, int count, Gap? gap)
    {
        var batch = NewBatch(first, count, gap);
        Assert.True(_lane.Admit(batch).IsAccepted);
        _lane.Commit(batch);
    }

    private static Batch NewBatch(long first, int count, Gap? gap) => new("p", default, first, count, gap, []);
}
