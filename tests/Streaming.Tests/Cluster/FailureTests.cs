using Orleans.TestingHost;

namespace McCache.Streaming.Tests;

/// <summary>Silos come, stop and die.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_silo_that_joins_later_gets_later_items()
    {
        await using var cluster = await MulticastCluster.StartAsync(1);
        await cluster.Stream<int>(0, "joins").OnNextAsync(1).InTime();
        var joiner = await cluster.Host.StartAdditionalSiloAsync();
        var listener = new Listener<int>();
        await MulticastCluster.Stream<int>(joiner, "joins").SubscribeAsync(listener);
        await cluster.Stream<int>(0, "joins").OnNextAsync(2).InTime();
        Assert.Equal(2, await listener.NextAsync());
    }

    [Fact]
    public async Task A_silo_publishes_to_others_before_it_has_started_and_completes_after()
    {
        Task? publishing = null;
        var (silos, wasEarly) = (0, false);
        await using var cluster = await MulticastCluster.StartAsync(1, silo =>
        {
            if (++silos != 2)
                return;
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services =>
                new AtStage(ServiceLifecycleStage.RuntimeInitialize + 1, () => publishing = Publish(services, 1)));
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
                new AtStage(MulticastLifecycle.StartStage - 1, () => wasEarly = publishing is { IsCompleted: false }));
        });
        var listener = new Listener<int>();
        await cluster.Stream<int>(0, "early").SubscribeAsync(listener);
        await cluster.Host.StartAdditionalSiloAsync();
        await publishing!.InTime();
        Assert.True(wasEarly);
        Assert.Equal(1, await listener.NextAsync());

        static Task Publish(IServiceProvider services, int item)
            => services.GetRequiredKeyedService<Orleans.Streams.IStreamProvider>(MulticastCluster.One).GetStream<int>(StreamId.Create("tests", "early")).OnNextAsync(item);
    }

    [Fact]
    public async Task A_publish_that_waits_for_a_silo_completes_when_the_silo_is_declared_dead()
    {
        await using var cluster = await MulticastCluster.StartAsync(3);
        var gate = new Gate();
        await cluster.Stream<int>(2, "killed").SubscribeAsync(new Listener<int>(_ => gate.PassAsync()));
        var publishing = cluster.Stream<int>(0, "killed").OnNextAsync(1);
        await gate.Entered;
        await cluster.Silos[2].StopSiloAsync(stopGracefully: false);
        await publishing.InTime();
        await cluster.Stream<int>(0, "killed").OnNextAsync(2).InTime();
        gate.Open();
    }

    [Fact]
    public async Task A_silo_that_stops_gracefully_sends_what_it_has_and_fails_what_it_waits_for()
    {
        await using var cluster = await MulticastCluster.StartAsync(2);
        var gate = new Gate();
        var listener = new Listener<int>();
        await cluster.Stream<int>(1, "stuck").SubscribeAsync(new Listener<int>(_ => gate.PassAsync()));
        await cluster.Stream<int>(1, "sent").SubscribeAsync(listener);
        var silo = cluster.Silos[0];
        var (stuck, sent) = (MulticastCluster.Stream<int>(silo, "stuck"), MulticastCluster.Stream<int>(silo, "sent"));
        var publishing = stuck.OnNextAsync(1);
        await gate.Entered;
        for (var i = 0; i < 1_000; i++)
            _ = sent.OnNextAsync(i);
        await silo.StopSiloAsync(stopGracefully: true);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => publishing.InTime());
        Assert.Contains("has stopped", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => stuck.OnNextAsync(2).InTime());
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(i, await listener.NextAsync());
        gate.Open();
    }

    [Fact]
    public async Task What_is_for_a_provider_that_a_silo_does_not_have_is_settled_there()
    {
        var silos = 0;
        await using var cluster = await MulticastCluster.StartAsync(2, silo =>
        {
            if (Interlocked.Increment(ref silos) == 1)
                silo.AddMulticastStreams("lonely");
        });
        var has = cluster.Silos.Single(silo => Members(silo).Find("lonely") is not null);
        var hasNot = cluster.Silos.Single(silo => silo != has);
        await MulticastCluster.Stream<int>(has, "any", "lonely").OnNextAsync(1).InTime();
        Assert.Equal(1, Members(hasNot).UnknownBatches);

        static MulticastMembers Members(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<MulticastMembers>();
    }

    [Fact]
    public async Task An_abandoned_wait_does_not_take_the_frame_back()
    {
        await using var cluster = await MulticastCluster.StartAsync(2);
        var handler = new RecordingHandler();
        cluster.Channel(1).Attach(StreamId.Create("tests", "abandoned"), handler);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await cluster.Channel(0).PublishAsync(StreamNames.Of(StreamId.Create("tests", "abandoned")), "sent"u8, null, cancelled.Token).Settled);
        Assert.Equal("sent", await handler.NextAsync());
    }

    [Fact]
    public async Task What_a_silo_that_is_killed_half_way_had_published_reaches_the_others()
    {
        await using var cluster = await MulticastCluster.StartAsync(2, silo => silo.Services.AddSingleton<IMulticastTransport, Cut>());
        var (reached, missed) = (new RecordingHandler(), new RecordingHandler());
        cluster.Channel(0).Attach(StreamId.Create("tests", "half"), reached);
        cluster.Channel(1).Attach(StreamId.Create("tests", "half"), missed);
        var mortal = await cluster.Host.StartAdditionalSiloAsync(); // every silo's lanes go through a cut of its own
        var cut = (Cut)mortal.ServiceProvider.GetRequiredService<IMulticastTransport>();
        cut.Off = cluster.Silos[1].SiloAddress;
        var publishing = mortal.ServiceProvider.GetRequiredKeyedService<IMulticastChannel>(MulticastCluster.One)
            .PublishAsync(StreamNames.Of(StreamId.Create("tests", "half")), "half"u8, null, TestContext.Current.CancellationToken).Settled.AsTask();
        Assert.Equal("half", await reached.NextAsync());
        await cut.Tried.InTime();
        Assert.False(publishing.IsCompleted);
        Assert.False(missed.HasMore);
        await mortal.StopSiloAsync(stopGracefully: false);
        Assert.Equal("half", await missed.NextAsync());
    }

    /// <summary>A transport that loses what is for one silo.</summary>
    private sealed class Cut(EndpointClient transport) : IMulticastTransport
    {
        private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal SiloAddress? Off { get; set; }

        internal Task Tried => _tried.Task;

        public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        {
            if (destination != Off)
                return transport.DeliverAsync(destination, batch);
            _tried.TrySetResult();
            throw new TimeoutException("on purpose");
        }

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => transport.AskAsync(destination, provider, stream, request);

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
            => transport.SendSettled(provider, publisher, receiver, acknowledgement);
    }

    private sealed class AtStage(int stage, Action action) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe<AtStage>(stage, _ =>
        {
            action();
            return Task.CompletedTask;
        });
    }
}
