using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;

namespace McCache.Client.Tests;

/// <summary>Members in one process whose frames reach each other at once and in order: the view's contract without Orleans. Counts every frame.</summary>
internal sealed class Network
{
    private readonly List<Channel> _channels = [];

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Every frame published so far, in order.</summary>
    public List<byte[]> Frames { get; } = [];

    /// <summary>A new member with the caches that are added.</summary>
    public Member Join(Action<McCacheBuilder> configure)
    {
        var channel = new Channel(this);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSerializer();
        services.AddSingleton<TimeProvider>(Time);
        services.AddKeyedSingleton<IMulticastChannel>(CacheMember.ProviderName, channel);
        configure(new McCacheBuilder(services));
        var provider = services.BuildServiceProvider(validateScopes: true);
        provider.GetRequiredService<CacheMember>();
        _channels.Add(channel);
        return new Member(provider, channel);
    }

    /// <summary>A new member with one cache of strings and numbers, "cache".</summary>
    public IMcCache<string, int> JoinOne(Action<CacheOptions>? configure = null)
        => Join(caches => caches.Add<string, int>("cache", configure)).Get<string, int>("cache");

    public sealed record Member(ServiceProvider Services, Channel Channel)
    {
        public IMcCache<TKey, TValue> Get<TKey, TValue>(string name)
            where TKey : notnull
            => Services.GetRequiredKeyedService<IMcCache<TKey, TValue>>(name);
    }

    internal sealed class Channel(Network network) : IMulticastChannel
    {
        public Dictionary<StreamId, IFrameHandler> Handlers { get; } = [];

        public void Attach(StreamId stream, IFrameHandler handler)
        {
            Handlers.Add(stream, handler);
            handler.Serve(long.MaxValue);
        }

        public void Publish(StreamId stream, ReadOnlySpan<byte> payload)
        {
            network.Frames.Add(payload.ToArray());
            foreach (var other in network._channels)
            {
                if (other != this && other.Handlers.TryGetValue(stream, out var handler))
                    Assert.True(handler.Apply(payload));
            }
        }

        public ValueTask PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, CancellationToken cancellationToken)
        {
            Publish(stream, payload);
            return default;
        }
    }
}
