namespace McCache.Streaming.Tests;

/// <summary>The channel below the streams, between real silos.</summary>
public sealed class ChannelTests
{
    private static readonly StreamId s_stream = StreamId.Create("tests", "channel");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frames_reach_every_other_silo_in_order_and_not_the_publisher()
    {
        await using var cluster = await MulticastCluster.StartAsync(3);
        var handlers = Attach(cluster);
        for (var i = 0; i < 1_000; i++)
            cluster.Channel(0).Publish(StreamNames.Of(s_stream), System.Text.Encoding.UTF8.GetBytes($"{i}"));
        await cluster.Channel(0).PublishAsync(StreamNames.Of(s_stream), "last"u8, null, Token).Settled.AsTask().InTime();
        Assert.False(handlers[0].HasMore);
        foreach (var handler in handlers[1..])
        {
            for (var i = 0; i < 1_000; i++)
                Assert.Equal($"{i}", await handler.NextAsync());
            Assert.Equal("last", await handler.NextAsync());
            Assert.False(handler.HasMore);
        }

        Assert.Equal(1_001, cluster.Member(0).GetStatistics().Published);
        Assert.Equal(1_001, cluster.Member(1).GetStatistics().Applied);
    }

    [Fact]
    public async Task Handlers_may_serve_once_the_silo_has_started_and_until_it_begins_to_stop()
    {
        await using var cluster = await MulticastCluster.StartAsync(2);
        var handlers = Attach(cluster);
        Assert.All(handlers, handler => Assert.InRange(handler.Until, 1, Environment.TickCount64 + 600));
        await cluster.Silos[1].StopSiloAsync(stopGracefully: true);
        Assert.Equal(0, handlers[1].Until);
        Assert.True(handlers[0].Until > 0);
    }

    [Fact]
    public async Task A_stream_has_one_handler()
    {
        await using var cluster = await MulticastCluster.StartAsync(1);
        cluster.Channel(0).Attach(s_stream, new RecordingHandler());
        Assert.Throws<InvalidOperationException>(() => cluster.Channel(0).Attach(s_stream, new RecordingHandler()));
    }

    [Fact]
    public async Task A_frame_that_a_handler_refuses_is_a_gap_of_its_stream_only()
    {
        await using var cluster = await MulticastCluster.StartAsync(2);
        var other = new RecordingHandler();
        cluster.Channel(1).Attach(StreamId.Create("tests", "other"), other);
        var handlers = Attach(cluster);
        cluster.Channel(0).Publish(StreamNames.Of(s_stream), "nonsense"u8);
        await cluster.Channel(0).PublishAsync(StreamNames.Of(s_stream), "next"u8, null, Token).Settled.AsTask().InTime();
        Assert.Equal("gap", await handlers[1].NextAsync());
        Assert.Equal("next", await handlers[1].NextAsync());
        Assert.False(other.HasMore);
        Assert.Equal(1, cluster.Member(1).GetStatistics().Gaps);
    }

    private static RecordingHandler[] Attach(MulticastCluster cluster)
    {
        RecordingHandler[] handlers = [.. cluster.Silos.Select(_ => new RecordingHandler())];
        for (var i = 0; i < handlers.Length; i++)
            cluster.Channel(i).Attach(s_stream, handlers[i]);
        return handlers;
    }
}
