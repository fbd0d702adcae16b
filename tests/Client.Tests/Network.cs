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

        public HybridClock Stamps { get; } = new(network.Time, TimeSpan.FromMinutes(1));

        public SiloAddress Silo { get; } = SiloAddress.New(System.Net.IPAddress.Loopback, 1_000 + network._channels.Count, 1);

        public ulong Member => (ulong)Silo.Endpoint.Port;

        public Random Random { get; } = new(1);

        public TimeSpan Renewal => TimeSpan.FromSeconds(1);

        public Marks ReadMarks() => new(
            Stamps.Next(), network._channels.Where(other => other != this).ToDictionary(other => other.Silo, other => other.Stamps.Next()), new Dictionary<SiloAddress, long>());

        public ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request)
            => new(network._channels.Single(other => other.Silo.Equals(silo)).Handlers[stream].Answer(request));

        public void Attach(StreamId stream, IFrameHandler handler)
        {
            Handlers.Add(stream, handler);
            handler.Serve(long.MaxValue);
        }

        public long Publish(StreamId stream, ReadOnlySpan<byte> payload)
        {
            network.Frames.Add(payload.ToArray());
            var stamp = Stamps.Next();
            foreach (var other in network._channels)
            {
                if (other != this && other.Handlers.TryGetValue(stream, out var handler))
                    Assert.NotEqual(FrameOutcome.Refused, handler.Apply(new ReceivedFrame { Payload = payload, Stamp = stamp, Member = Member, Sender = Silo }));
            }

            return stamp;
        }

        public Publication PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, CancellationToken cancellationToken) => new(Publish(stream, payload), new(Settlement.Clean));
    }
}
