using Orleans.Streams;

namespace McCache.Streaming.Tests;

/// <summary>The stream provider, as its users see it.</summary>
public sealed class StreamTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    private MulticastCluster Cluster => fixture.Cluster;

    private static string Key => TestContext.Current.TestMethod!.MethodName;

    [Fact]
    public async Task Every_silos_stateless_worker_gets_every_item_in_order()
    {
        var workers = Workers();
        foreach (var worker in workers)
            await worker.Subscribe();
        var stream = Cluster.Stream<int>(0, Key);
        for (var i = 0; i < 500; i++)
            _ = stream.OnNextAsync(i);
        await stream.OnNextBatchAsync(Enumerable.Range(500, 500)).InTime();
        foreach (var worker in workers)
            Assert.Equal(Enumerable.Range(0, 1_000), await worker.Take(1_000));
    }

    [Fact]
    public async Task Awaiting_waits_for_a_slow_handler_elsewhere()
    {
        var gate = new Gate();
        await Subscribe(1, new Listener<int>(_ => gate.PassAsync()));
        var publishing = Cluster.Stream<int>(0, Key).OnNextAsync(1);
        await gate.Entered;
        Assert.False(publishing.IsCompleted);
        gate.Open();
        await publishing.InTime();
    }

    [Fact]
    public async Task Awaiting_waits_for_a_slow_handler_here()
    {
        var gate = new Gate();
        await Subscribe(0, new Listener<int>(_ => gate.PassAsync()));
        var publishing = Cluster.Stream<int>(0, Key).OnNextAsync(1);
        await gate.Entered;
        Assert.False(publishing.IsCompleted);
        gate.Open();
        await publishing.InTime();
    }

    [Fact]
    public async Task A_stuck_subscriber_delays_neither_other_streams_nor_frame_handlers()
    {
        var gate = new Gate();
        await Subscribe(1, new Listener<int>(_ => gate.PassAsync()));
        var stuck = Cluster.Stream<int>(0, Key).OnNextAsync(1);
        await gate.Entered;
        var listener = new Listener<int>();
        await Cluster.Stream<int>(1, Key + "other").SubscribeAsync(listener);
        var handled = StreamId.Create("tests", Key + "handled");
        var handler = new RecordingHandler();
        Cluster.Channel(1).Attach(handled, handler);
        for (var i = 0; i < 20; i++)
        {
            await Cluster.Stream<int>(0, Key + "other").OnNextAsync(i).InTime();
            Assert.Equal(i, await listener.NextAsync());
            await Cluster.Channel(0).PublishAsync(StreamNames.Of(handled), "frame"u8, null, TestContext.Current.CancellationToken).Settled.AsTask().InTime();
            Assert.Equal("frame", await handler.NextAsync());
        }

        Assert.False(stuck.IsCompleted);
        gate.Open();
        await stuck.InTime();
    }

    [Fact]
    public async Task A_handler_that_publishes_and_waits_does_not_deadlock()
    {
        for (var silo = 0; silo < 3; silo++)
        {
            var next = Cluster.Stream<int>(silo, Key + "second");
            var last = Cluster.Stream<int>(silo, Key + "third");
            await Subscribe(silo, new Listener<int>(item => next.OnNextAsync(item + 1)));
            await Cluster.Stream<int>(silo, Key + "second").SubscribeAsync(new Listener<int>(item => last.OnNextAsync(item + 1)));
        }

        var listener = new Listener<int>();
        await Cluster.Stream<int>(2, Key + "third").SubscribeAsync(listener);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(silo => Cluster.Stream<int>(silo, Key).OnNextAsync(1))).InTime();
        for (var i = 0; i < 3 * 3 * 3; i++)
            Assert.Equal(3, await listener.NextAsync());
        Assert.False(listener.HasMore);
    }

    [Fact]
    public async Task A_subscription_that_overflows_hears_of_the_gap_and_goes_on()
    {
        var gate = new Gate();
        var listener = new Listener<int>(_ => gate.PassAsync());
        await Subscribe(1, listener);
        var stream = Cluster.Stream<int>(0, Key);
        var first = stream.OnNextAsync(-1);
        await gate.Entered;
        var limit = new MulticastOptions().MaxQueuedItems;
        _ = stream.OnNextBatchAsync(Enumerable.Range(0, limit));
        var last = stream.OnNextAsync(limit);
        await Cluster.Channel(0).PublishAsync(StreamNames.Of(StreamId.Create("tests", Key + "fence")), "fence"u8, null, TestContext.Current.CancellationToken).Settled;
        gate.Open();
        await Task.WhenAll(first, last).InTime();
        Assert.Equal(-1, await listener.NextAsync());
        var gap = Assert.IsType<MulticastGapException>(await listener.NextAsync());
        Assert.Equal(MulticastCluster.One, gap.ProviderName);
        Assert.Equal(stream.StreamId, gap.StreamId);
        Assert.Equal(limit, await listener.NextAsync());
        Assert.False(listener.HasMore);
    }

    [Fact]
    public async Task Unsubscribed_hears_nothing_more_and_holds_nobody_up()
    {
        var gate = new Gate();
        var listener = new Listener<int>(_ => gate.PassAsync());
        var handle = await Subscribe(1, listener);
        var stream = Cluster.Stream<int>(0, Key);
        var handling = stream.OnNextAsync(1);
        await gate.Entered;
        var waiting = stream.OnNextAsync(2);
        await Cluster.Channel(0).PublishAsync(StreamNames.Of(StreamId.Create("tests", Key + "fence")), "fence"u8, null, TestContext.Current.CancellationToken).Settled;
        await handle.UnsubscribeAsync();
        gate.Open();
        await Task.WhenAll(handling, waiting, stream.OnNextAsync(3)).InTime();
        Assert.Equal(1, await listener.NextAsync());
        Assert.False(listener.HasMore);
        await Assert.ThrowsAsync<InvalidOperationException>(() => handle.ResumeAsync(listener));
        Assert.Empty(await Cluster.Stream<int>(1, Key).GetAllSubscriptionHandles());
    }

    [Fact]
    public async Task A_resumed_subscription_has_another_observer_and_the_same_identity()
    {
        var (before, after) = (new Listener<int>(), new Listener<int>());
        var handle = await Subscribe(1, before);
        var stream = Cluster.Stream<int>(0, Key);
        await stream.OnNextAsync(1).InTime();
        var resumed = await handle.ResumeAsync(after);
        await stream.OnNextAsync(2).InTime();
        Assert.Equal(handle, resumed);
        Assert.Equal([handle], await Cluster.Stream<int>(1, Key).GetAllSubscriptionHandles());
        Assert.Equal(1, await before.NextAsync());
        Assert.Equal(2, await after.NextAsync());
        Assert.False(before.HasMore);
    }

    [Fact]
    public async Task A_subscription_ends_with_its_activation()
    {
        var worker = Workers()[1];
        await worker.Subscribe();
        Assert.Equal(1, await worker.Handles());
        await Cluster.Stream<int>(0, Key).OnNextAsync(1).InTime();
        Assert.Equal([1], await worker.Take(1));
        var subscription = Assert.Single(Cluster.Member(1).Streams.Find(StreamNames.Of(Cluster.Stream<int>(1, Key).StreamId)).Subscriptions);
        await worker.Deactivate();
        await subscription.Grain!.Deactivated.InTime();
        await Cluster.Stream<int>(0, Key).OnNextAsync(2).InTime();
        Assert.Equal(0, await worker.Handles()); // a new activation
    }

    [Fact]
    public async Task An_unsubscribed_grain_gets_nothing_more()
    {
        var worker = Workers()[1];
        await worker.Subscribe();
        await Cluster.Stream<int>(0, Key).OnNextAsync(1).InTime();
        await worker.Unsubscribe();
        await Cluster.Stream<int>(0, Key).OnNextAsync(2).InTime();
        Assert.Equal([1], await worker.Take(1));
        Assert.Equal(0, await worker.Handles());
    }

    [Fact]
    public async Task An_observer_that_throws_counts_as_having_handled_and_hears_the_next()
    {
        var failures = Volatile.Read(ref Cluster.Member(1).Counters.HandlerFailures);
        var listener = new Listener<int>(item => item == 1 ? throw new InvalidOperationException("on purpose") : Task.CompletedTask);
        await Subscribe(1, listener);
        await Cluster.Stream<int>(0, Key).OnNextAsync(1).InTime();
        await Cluster.Stream<int>(0, Key).OnNextAsync(2).InTime();
        Assert.Equal(2, await listener.NextAsync());
        Assert.Equal(failures + 1, Volatile.Read(ref Cluster.Member(1).Counters.HandlerFailures));
    }

    [Fact]
    public async Task An_item_that_cannot_be_deserialized_is_an_error_of_its_subscriber_only()
    {
        var (wrong, right) = (new Listener<Guid>(), new Listener<string>());
        await Cluster.Stream<Guid>(1, Key).SubscribeAsync(wrong);
        await Cluster.Stream<string>(1, Key).SubscribeAsync(right);
        await Cluster.Stream<string>(0, Key).OnNextAsync("text").InTime();
        Assert.IsType<InvalidOperationException>(await wrong.NextAsync());
        Assert.Equal("text", await right.NextAsync());
    }

    [Fact]
    public async Task Completion_and_errors_travel_in_order_with_items()
    {
        var listener = new Listener<int>();
        await Subscribe(1, listener);
        var stream = Cluster.Stream<int>(0, Key);
        await stream.OnNextAsync(1);
        await stream.OnErrorAsync(new TimeoutException("late"));
        await stream.OnCompletedAsync();
        Assert.Equal(1, await listener.NextAsync());
        Assert.Equal("late", Assert.IsType<TimeoutException>(await listener.NextAsync()).Message);
        Assert.Equal("completed", await listener.NextAsync());
    }

    [Fact]
    public async Task A_batch_observer_gets_everything_in_order()
    {
        List<int> items = [];
        var observer = new BatchListener(batch => items.AddRange(batch));
        await Cluster.Stream<int>(1, Key).SubscribeAsync(observer);
        await Cluster.Stream<int>(0, Key).OnNextBatchAsync(Enumerable.Range(0, 1_000)).InTime();
        await Cluster.Stream<int>(0, Key).OnNextBatchAsync([]);
        Assert.Equal(Enumerable.Range(0, 1_000), items);
    }

    [Fact]
    public async Task A_subscriber_of_the_publishers_own_silo_gets_a_copy()
    {
        var listener = new Listener<List<int>>();
        await Cluster.Stream<List<int>>(0, Key).SubscribeAsync(listener);
        List<int> item = [1];
        await Cluster.Stream<List<int>>(0, Key).OnNextAsync(item);
        var received = Assert.IsType<List<int>>(await listener.NextAsync());
        Assert.Equal(item, received);
        Assert.NotSame(item, received);
    }

    [Fact]
    public async Task Providers_and_namespaces_are_separate()
    {
        var (one, two, near) = (new Listener<int>(), new Listener<int>(), new Listener<int>());
        await Subscribe(1, one);
        await Cluster.Stream<int>(1, Key, MulticastCluster.Two).SubscribeAsync(two);
        var provider = Cluster.Silos[1].ServiceProvider.GetRequiredKeyedService<IStreamProvider>(MulticastCluster.One);
        await provider.GetStream<int>(StreamId.Create("test", "s" + Key)).SubscribeAsync(near);
        await Cluster.Stream<int>(0, Key).OnNextAsync(1).InTime();
        await Cluster.Stream<int>(0, Key, MulticastCluster.Two).OnNextAsync(2).InTime();
        Assert.Equal(1, await one.NextAsync());
        Assert.Equal(2, await two.NextAsync());
        Assert.False(one.HasMore);
        Assert.False(two.HasMore);
        Assert.False(near.HasMore);
    }

    [Fact]
    public async Task What_is_not_supported_is_refused_clearly()
    {
        var stream = Cluster.Stream<int>(0, Key);
        var token = new Orleans.Providers.Streams.Common.EventSequenceTokenV2(1);
        Assert.False(stream.IsRewindable);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await stream.OnNextAsync(1, token));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await stream.OnNextBatchAsync([1], token));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await stream.SubscribeAsync(new Listener<int>(), token));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await stream.SubscribeAsync(new Listener<int>(), null, "filter"));
        Assert.Throws<ArgumentException>(() => { Cluster.Channel(0).Publish(StreamNames.Of(stream.StreamId), new byte[new MulticastOptions().MaxLaneBytes]); });
        Assert.Throws<ArgumentException>(() => { Cluster.Channel(0).Publish(StreamNames.Of(default), default); });
    }

    [Fact]
    public async Task A_stream_can_be_an_argument_of_a_grain_call()
    {
        var listener = new Listener<int>();
        await Subscribe(2, listener);
        await Workers()[1].PublishOn(Cluster.Stream<int>(1, Key), 7).InTime();
        Assert.Equal(7, await listener.NextAsync());
        Assert.Equal(Cluster.Stream<int>(0, Key), Cluster.Stream<int>(1, Key));
        Assert.NotEqual(Cluster.Stream<int>(0, Key), Cluster.Stream<int>(0, Key, MulticastCluster.Two));
    }

    [Fact]
    public async Task A_handle_refuses_to_leave_its_silo()
    {
        var handle = await Subscribe(1, new Listener<int>());
        var serializer = Cluster.Silos[1].ServiceProvider.GetRequiredService<Orleans.Serialization.Serializer>();
        Assert.Throws<Orleans.Serialization.CodecNotFoundException>(() => serializer.SerializeToArray(handle));
    }

    [Fact]
    public void A_gap_exception_can_be_serialized()
    {
        var serializer = Cluster.Silos[1].ServiceProvider.GetRequiredService<Orleans.Serialization.Serializer>();
        var stream = StreamId.Create("tests", Key);
        var copy = serializer.Deserialize<MulticastGapException>(serializer.SerializeToArray(new MulticastGapException("one", stream)));
        Assert.Equal(("one", stream), (copy!.ProviderName, copy.StreamId));
    }

    private Task<StreamSubscriptionHandle<int>> Subscribe(int silo, Listener<int> listener) => Cluster.Stream<int>(silo, Key).SubscribeAsync(listener);

    private IWorkerGrain[] Workers() => [.. Cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IWorkerGrain>(Key))];

    private sealed class BatchListener(Action<IEnumerable<int>> onNext) : IAsyncBatchObserver<int>
    {
        public Task OnNextAsync(IList<SequentialItem<int>> items)
        {
            onNext(items.Select(item => item.Item));
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex) => Task.FromException(ex);
    }
}
