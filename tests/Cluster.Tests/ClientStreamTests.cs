using System.Threading.Channels;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace McCache.Cluster.Tests;

/// <summary>Multicast streams in clients outside the cluster.</summary>
public sealed class ClientStreamTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly StreamId s_stream = StreamId.Create("tests", "headlines");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_anybody_publishes_reaches_every_subscription_once_and_in_order()
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        IStreamProvider[] members =
        [
            .. cluster.Silos.Select(silo => silo.Services.GetRequiredKeyedService<IStreamProvider>("news")),
            (await cluster.AddClientAsync()).GetStreamProvider("news"),
            (await cluster.AddClientAsync()).GetStreamProvider("news"),
        ];
        var listeners = members.Select(_ => new Listener()).ToArray();
        for (var i = 0; i < members.Length; i++)
            await members[i].GetStream<string>(s_stream).SubscribeAsync(listeners[i]);
        for (var publisher = 0; publisher < members.Length; publisher++)
        {
            var stream = members[publisher].GetStream<string>(s_stream);
            string[] items = [.. Enumerable.Range(0, 200).Select(item => $"{publisher}/{item}")];
            foreach (var item in items[..100])
                _ = stream.OnNextAsync(item);
            await stream.OnNextBatchAsync(items[100..]).WaitAsync(s_limit, Token);
            Assert.All(listeners, listener => Assert.Equal(items, listener.TakeAll())); // everybody has handled the last one
        }

        await members[2].GetStream<string>(s_stream).OnCompletedAsync().WaitAsync(s_limit, Token);
        Assert.All(listeners, listener => Assert.Equal(["completed"], listener.TakeAll()));
    }

    [Fact]
    public async Task Awaiting_waits_for_a_slow_handler_in_a_client()
    {
        await using var cluster = await ClientCluster.StartAsync(2);
        var slow = new Listener { Gate = new TaskCompletionSource() };
        await (await cluster.AddClientAsync()).GetStreamProvider("news").GetStream<string>(s_stream).SubscribeAsync(slow);
        for (var silo = 0; silo < 2; silo++)
        {
            var publishing = cluster.Silos[silo].Services.GetRequiredKeyedService<IStreamProvider>("news").GetStream<string>(s_stream).OnNextAsync("x");
            await slow.Entered.Reader.ReadAsync(Token).AsTask().WaitAsync(s_limit, Token);
            Assert.False(publishing.IsCompleted);
            slow.Gate.SetResult();
            await publishing.WaitAsync(s_limit, Token);
            slow.Gate = new();
        }
    }

    [Fact]
    public async Task A_subscription_that_has_ended_gets_nothing_and_one_that_is_made_anew_does()
    {
        await using var cluster = await ClientCluster.StartAsync(1);
        var stream = (await cluster.AddClientAsync()).GetStreamProvider("news").GetStream<string>(s_stream);
        var publisher = cluster.Silos[0].Services.GetRequiredKeyedService<IStreamProvider>("news").GetStream<string>(s_stream);
        for (var round = 0; round < 5; round++)
        {
            var listener = new Listener();
            var handle = await stream.SubscribeAsync(listener);
            await publisher.OnNextAsync("heard").WaitAsync(s_limit, Token);
            Assert.Equal(["heard"], listener.TakeAll());
            await handle.UnsubscribeAsync();
            await publisher.OnNextAsync("unheard").WaitAsync(s_limit, Token);
            Assert.Empty(listener.TakeAll());
        }
    }

    [Fact]
    public async Task A_change_of_the_gateway_is_a_gap_for_the_clients_subscriptions()
    {
        await using var cluster = await ClientCluster.StartAsync(3);
        var client = await cluster.AddClientAsync(1, 2);
        var listener = new Listener();
        var stream = client.GetStreamProvider("news").GetStream<string>(s_stream);
        await stream.SubscribeAsync(listener);
        var member = client.ServiceProvider.GetRequiredService<ClientMembers>().Find("news");
        var gateway = cluster.Silos.Single(silo => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Equals(member.Gateway));
        await stream.OnNextAsync("before").WaitAsync(s_limit, Token);
        await gateway.StopAsync(Token).WaitAsync(s_limit, Token);
        Assert.Equal("before", await listener.NextAsync());
        Assert.Equal(nameof(MulticastGapException), await listener.NextAsync());
        await cluster.Silos[0].Services.GetRequiredKeyedService<IStreamProvider>("news").GetStream<string>(s_stream).OnNextAsync("after").WaitAsync(s_limit, Token);
        Assert.Equal("after", await listener.NextAsync());
    }

    private sealed class Listener : IAsyncObserver<string>
    {
        private readonly Channel<string> _events = Channel.CreateUnbounded<string>();

        /// <summary>When set, what a handler waits for.</summary>
        internal TaskCompletionSource? Gate { get; set; }

        internal Channel<int> Entered { get; } = Channel.CreateUnbounded<int>();

        public async Task OnNextAsync(string item, StreamSequenceToken? token = null)
        {
            Entered.Writer.TryWrite(0);
            if (Gate is { } gate)
                await gate.Task;
            _events.Writer.TryWrite(item);
        }

        public Task OnCompletedAsync()
        {
            _events.Writer.TryWrite("completed");
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex)
        {
            _events.Writer.TryWrite(ex.GetType().Name);
            return Task.CompletedTask;
        }

        internal Task<string> NextAsync() => _events.Reader.ReadAsync(Token).AsTask().WaitAsync(s_limit, Token);

        internal List<string> TakeAll()
        {
            List<string> events = [];
            while (_events.Reader.TryRead(out var item))
                events.Add(item);
            return events;
        }
    }
}
