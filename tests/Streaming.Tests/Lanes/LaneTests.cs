namespace McCache.Streaming.Tests;

/// <summary>Single rules of the lanes.</summary>
public sealed class LaneTests
{
    private static readonly TimeSpan s_now = TimeSpan.FromSeconds(1);
    private readonly OutboundLane _lane = new(new LaneLimits(MaxFrames: 100, MaxBytes: 10_000, MaxBatchBytes: 400), new Random(1));

    [Fact]
    public void An_idle_lane_sends_at_once_and_what_comes_meanwhile_gathers()
    {
        Assert.False(_lane.TryTake(s_now, 0, out _));
        Enqueue(0);
        var first = Take(s_now);
        Enqueue(1);
        Enqueue(2);
        Assert.False(_lane.TryTake(s_now, 0, out _));
        _lane.OnAcknowledged(first, Acknowledge(1), s_now);
        var second = Take(s_now);
        Assert.Equal((2, 2), (second.First, second.Frames.Length));
    }

    [Fact]
    public void A_frame_larger_than_a_batch_travels_alone()
    {
        Enqueue(0, size: 1_000);
        Enqueue(1);
        Assert.Single(Take(s_now).Frames);
    }

    [Fact]
    public void A_failure_is_followed_by_a_pause_that_grows_up_to_a_second()
    {
        Enqueue(0);
        var now = s_now;
        for (var i = 0; i < 12; i++)
        {
            Take(now);
            _lane.OnFailed(now);
            var pause = _lane.NextDue(now)!.Value - now;
            var expected = Math.Min(20 * Math.Pow(2, i), 1_000);
            Assert.InRange(pause.TotalMilliseconds, expected / 2, expected);
            Assert.False(_lane.TryTake(now + pause - TimeSpan.FromTicks(1), 0, out _));
            now += pause;
        }
    }

    [Fact]
    public void An_overflow_names_its_streams_in_the_next_batch_until_the_receiver_is_there()
    {
        for (var i = 0; i < 100; i++)
            Assert.True(Enqueue(i % 2));
        Assert.False(Enqueue(7));
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var batch = Take(s_now + TimeSpan.FromSeconds(attempt));
            Assert.Equal(101, batch.First);
            Assert.Equal([Name(0), Name(1)], batch.Gap!.Streams!.OrderBy(name => name[^1]));
            _lane.OnFailed(s_now);
        }

        var last = Take(s_now + TimeSpan.FromSeconds(5));
        _lane.OnAcknowledged(last, Acknowledge(101), s_now);
        Enqueue(1);
        Assert.Null(Take(s_now + TimeSpan.FromSeconds(5)).Gap);
    }

    [Fact]
    public void A_gap_of_many_streams_is_one_of_all()
    {
        for (var i = 0; i <= 100; i++)
            Enqueue(i);
        Assert.Null(Take(s_now).Gap!.Streams);
    }

    [Fact]
    public void What_was_lost_before_a_lane_is_a_gap_of_all_that_the_receiver_sees()
    {
        _lane.LoseEarlier();
        var batch = Take(s_now);
        Assert.Equal(Gap.All, batch.Gap);
        Assert.Equal(new Admission(true, 0, Gap.All), new InboundLane(1).Admit(new Batch("p", default, batch.First, 0, batch.Gap, [])));
    }

    [Fact]
    public void Whoever_gives_up_at_a_receiver_that_hangs_leaves_nothing_behind()
    {
        var lane = new OutboundLane(new LaneLimits(100, 100_000), new Random(1));
        for (var i = 0; i < 10_000; i++)
            lane.Enqueue(CreateFrame(0, 0), new Abandoned());
        Assert.InRange(lane.Awaited, 0, 2_000);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(1, -1)]
    [InlineData(long.MaxValue, int.MaxValue)]
    [InlineData(2, 1)]
    public void A_header_that_makes_no_sense_or_comes_too_early_is_not_admitted(long first, int count)
        => Assert.False(new InboundLane(1).Admit(new Batch("p", default, first, count, null, [])).IsAccepted);

    [Fact]
    public void More_lagging_streams_than_the_list_takes_lower_the_floor()
    {
        var lane = new InboundLane(1);
        var streams = InboundLane.MaxLagging + 10;
        var batch = new Batch("p", default, 1, streams, null, []);
        Assert.True(lane.Admit(batch).IsAccepted);
        for (var i = 0; i < streams; i++)
            lane.Track(Name(i), i + 1);
        lane.Commit(batch);
        var acknowledgement = lane.Acknowledge(0);
        Assert.Equal(InboundLane.MaxLagging, acknowledgement.Lagging!.Length);
        Assert.Equal((streams, InboundLane.MaxLagging), (acknowledgement.Applied, acknowledgement.Floor));
    }

    private static byte[] Name(int stream) => StreamNames.Of(StreamId.Create("s", stream));

    private static Frame CreateFrame(int stream, int size) => new(FrameKind.Item, false, StreamId.Create("s", stream), new byte[size]);

    private static Acknowledgement Acknowledge(long applied) => new(1, applied, applied, null);

    private bool Enqueue(int stream, int size = 10) => _lane.Enqueue(CreateFrame(stream, size), null);

    private OutgoingBatch Take(TimeSpan now)
    {
        Assert.True(_lane.TryTake(now, 0, out var batch));
        return batch;
    }

    private sealed class Abandoned : IAwaited
    {
        public bool IsAbandoned => true;

        public void Hold()
        {
        }

        public void Refuse(string reason)
        {
        }

        public void Overrule(Settlement by)
        {
        }

        public void Settle()
        {
        }
    }
}
