using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace McCache.Client.Tests;

/// <summary>A hit touches this member's memory and nothing else.</summary>
public sealed class HitTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_and_fills_never_touch_the_channel(bool isNear)
    {
        var cache = Create(isNear);
        Assert.Equal(1, cache.GetOrAdd("a", _ => 1));
        Assert.Equal(1, cache["a"]);
        Assert.True(cache.TryGetValue("a", out _));
        Assert.False(cache.TryGetValue("b", out _));
        Assert.Equal([new("a", 1)], cache.ToArray());
        Assert.Throws<NotSupportedException>(() => cache["a"] = 2); // the double does throw
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hit_allocates_nothing(bool isNear)
    {
        var cache = Create(isNear);
        var token = TestContext.Current.CancellationToken;
        cache.GetOrAdd("a", _ => 1);
        Func<string, int, CancellationToken, ValueTask<int>> loader = static (_, state, _) => new ValueTask<int>(state);
        for (var i = 0; i < 3; i++) // tiered compilation and lazy statics have their say first
            _ = await Measure();
        Assert.Equal(0, await Measure());

        ValueTask<long> Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                _ = cache["a"];
                _ = cache.TryGetValue("a", out _);
                _ = cache.ContainsKey("a");
                _ = cache.TryGetValue("missing", out _);
                var filled = cache.GetOrAddAsync("a", 1, loader, null, token);
                Assert.True(filled.IsCompletedSuccessfully);
            }

            return new(GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static IMcCache<string, int> Create(bool isNear)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSerializer();
        services.AddKeyedSingleton<IMulticastChannel>(CacheMember.ProviderName, isNear ? new ThrowingClientChannel() : new ThrowingChannel());
        new McCacheBuilder(services).Add<string, int>("cache", options => options.Coherence = isNear ? Coherence.Replicate : Coherence.Invalidate);
        return services.BuildServiceProvider().GetRequiredKeyedService<IMcCache<string, int>>("cache");
    }

    private sealed class ThrowingClientChannel : ThrowingChannel, IClientChannel
    {
        public void Watch(Action applied) => throw new NotSupportedException("This must not be touched.");

        public Task AttachedAsync(CancellationToken cancellationToken) => throw new NotSupportedException("This must not be touched.");

        public Task ListenAsync(StreamId stream, CancellationToken cancellationToken) => throw new NotSupportedException("This must not be touched.");

        public ValueTask<byte[]> AskGatewayAsync(StreamId stream, byte[] request, CancellationToken cancellationToken) => throw new NotSupportedException("This must not be touched.");
    }

    private class ThrowingChannel : IMulticastChannel
    {
        public void Attach(StreamId stream, IFrameHandler handler) => handler.Serve(long.MaxValue);

        public HybridClock Stamps => throw new NotSupportedException("This must not be touched.");

        public Frame? Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null) => throw new NotSupportedException("This must not be touched.");

        public Publication PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
            => throw new NotSupportedException("This must not be touched.");
    }
}
