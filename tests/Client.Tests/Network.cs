using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;

namespace McCache.Client.Tests;

/// <summary>
/// Members in one process, without Orleans: the view's contract. Frames reach the others at once and in order, or, while they are held, when the test says so. Counts every frame. All
/// that happens by itself happens in <see cref="Pass"/>, on the test's thread.
/// </summary>
internal sealed class Network
{
    private readonly List<Channel> _channels = [];
    private readonly List<HeldFrame> _held = [];
    private readonly Dictionary<SiloAddress, long> _departed = [];
    private int _joined;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Every frame published so far, in order.</summary>
    public List<byte[]> Frames { get; } = [];

    /// <summary>Of those, the ones that nobody awaits, as their publisher keeps them.</summary>
    public List<Frame> Kept { get; } = [];

    /// <summary>Whether frames wait for <see cref="DeliverOne"/> or <see cref="DeliverAll"/>.</summary>
    public bool IsHeld { get; set; }

    /// <summary>A new member with the caches that are added. It has heard everybody's clock; what was written before, a replica lacks.</summary>
    /// <param name="configure">Adds caches.</param>
    /// <param name="isStarted">Whether it has started; else <see cref="Start"/> does it.</param>
    /// <param name="isAlone">Whether it knows nobody, and nobody knows it, before <see cref="Meet"/>.</param>
    public Member Join(Action<McCacheBuilder> configure, bool isStarted = true, bool isAlone = false)
    {
        var channel = new Channel(this, ++_joined) { IsStarted = isStarted, IsAlone = isAlone };
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSerializer();
        services.AddSingleton<TimeProvider>(new LaterTime(Time));
        services.AddKeyedSingleton<IMulticastChannel>(CacheMember.ProviderName, channel);
        configure(new McCacheBuilder(services));
        var provider = services.BuildServiceProvider(validateScopes: true);
        if (!isAlone)
            _channels.ForEach(other => channel.Stamps.Observe(other.Stamps.Next()));
        provider.GetRequiredService<CacheMember>();
        var member = new Member(provider, channel);
        if (!isAlone)
            Meet(member);
        return member;
    }

    /// <summary>A new member with one cache of strings and numbers, "cache".</summary>
    public IMcCache<string, int> JoinOne(Action<CacheOptions>? configure = null)
        => Join(caches => caches.Add<string, int>("cache", configure)).Get<string, int>("cache");

    /// <summary>A new member with one replicated cache, "cache".</summary>
    public Member JoinReplica<TKey, TValue>(Action<CacheOptions>? configure = null, Action<McCacheOptions>? options = null, bool isStarted = true, bool isAlone = false)
        where TKey : notnull
        => Join(
            caches => caches.Configure(options ?? (_ => { })).Add<TKey, TValue>("cache", cache =>
            {
                cache.Coherence = Coherence.Replicate;
                configure?.Invoke(cache);
            }),
            isStarted,
            isAlone);

    /// <summary>A member and the others get to know each other.</summary>
    public void Meet(Member member)
    {
        var channel = member.Channel;
        channel.IsAlone = false;
        foreach (var handler in channel.Handlers.Values.Where(handler => handler.IsReplica))
            _channels.ForEach(other => handler.OnGap(other.Silo, other.Stamps.Next()));
        channel.HasHeard = true;
        _channels.Add(channel);
    }

    public void Start(Member member)
    {
        foreach (var other in _channels)
            member.Channel.Stamps.Observe(other.Stamps.Next());
        member.Channel.IsStarted = true;
        foreach (var handler in member.Channel.Handlers.Values)
            handler.Serve(long.MaxValue);
    }

    /// <summary>A member leaves; what is on its way from it and to it is gone with it.</summary>
    public void Leave(Member member)
    {
        _departed[member.Channel.Silo] = member.Channel.Stamps.Next();
        _channels.Remove(member.Channel);
        _held.RemoveAll(frame => frame.From == member.Channel || frame.To == member.Channel);
    }

    /// <summary>Nobody remembers any more how far he was with members that have left.</summary>
    public void ForgetDeparted() => _departed.Clear();

    /// <summary>Lets time pass, in small steps.</summary>
    public void Pass(double milliseconds = 200)
    {
        for (; milliseconds > 0; milliseconds -= 10)
            Time.Advance(TimeSpan.FromMilliseconds(Math.Min(10, milliseconds)));
    }

    /// <summary>Lets time pass until something is the case: a minute at most.</summary>
    public void PassUntil(Func<bool> condition)
    {
        for (var steps = 0; !condition(); steps++)
        {
            Assert.True(steps < 6_000, "a minute has passed");
            Time.Advance(TimeSpan.FromMilliseconds(10));
        }
    }

    public void DeliverAll()
    {
        while (_held.Count > 0)
            Deliver(_held[0]);
    }

    /// <summary>Delivers the next frame between two members that chance, or whoever else counts, picks.</summary>
    public void DeliverOne(int pick)
    {
        if (_held.Count == 0)
            return;
        var any = _held[pick % _held.Count];
        Deliver(_held.First(frame => frame.From == any.From && frame.To == any.To));
    }

    /// <summary>Loses what is on its way from one to another, and tells the other.</summary>
    public void Lose(Member from, Member to)
    {
        var lost = _held.FindAll(frame => frame.From == from.Channel && frame.To == to.Channel);
        foreach (var frame in lost)
        {
            _held.Remove(frame);
            to.Channel.Handlers[frame.Stream].OnGap(from.Channel.Silo, lost[^1].Stamp);
            frame.Awaited?.Settle(Settlement.Unknown);
        }
    }

    private void Deliver(HeldFrame frame)
    {
        if (!frame.To.Handlers.TryGetValue(frame.Stream, out var handler))
        {
            _held.Remove(frame);
            frame.Awaited?.Settle(Settlement.Clean);
            return;
        }

        var outcome = handler.Apply(new ReceivedFrame { Payload = frame.Payload, Stamp = frame.Stamp, Member = frame.From.Member, Sender = frame.From.Silo });
        _held.Remove(frame); // now its stamp is past
        Assert.NotEqual(FrameOutcome.Refused, outcome);
        if (frame.Awaited is null)
            return;
        if (outcome == FrameOutcome.Overruled)
            frame.From.Stamps.Observe(frame.To.Stamps.Next());
        frame.Awaited.Settle(outcome == FrameOutcome.Overruled ? Settlement.Overruled : Settlement.Clean);
    }

    public sealed record Member(ServiceProvider Services, Channel Channel)
    {
        public IFrameHandler Handler => Channel.Handlers.Values.Single();

        public IMcCache<TKey, TValue> Get<TKey, TValue>(string name = "cache")
            where TKey : notnull
            => Services.GetRequiredKeyedService<IMcCache<TKey, TValue>>(name);

        public ReplicatedCache<TKey, TValue> Replica<TKey, TValue>()
            where TKey : notnull
            => (ReplicatedCache<TKey, TValue>)Services.GetRequiredService<CacheMember>().Get<TKey, TValue>("cache");
    }

    internal sealed class Channel(Network network, int number) : IReplicaChannel
    {
        public Dictionary<StreamId, IFrameHandler> Handlers { get; } = [];

        /// <summary>When set, what this member's questions go through: whom, what, and how to get the true answer.</summary>
        public Func<SiloAddress, byte[], Func<byte[]>, ValueTask<byte[]>>? Asking { get; set; }

        public bool IsStarted { get; set; }

        /// <summary>Whether it knows of nobody.</summary>
        public bool IsAlone { get; set; }

        /// <summary>Whether it has been told what it lacks; until then it has heard nobody.</summary>
        public bool HasHeard { get; set; }

        public bool IsOver { get; set; }

        public HybridClock Stamps { get; } = new(network.Time, TimeSpan.FromMinutes(1));

        public SiloAddress Silo { get; } = SiloAddress.New(System.Net.IPAddress.Loopback, 1_000 + number, 1);

        public ulong Member => (ulong)Silo.Endpoint.Port;

        public Random Random { get; } = new(1);

        public TimeSpan Renewal => TimeSpan.FromSeconds(1);

        public CoherenceEvents Events { get; } = new(network.Time);

        public Marks ReadMarks() => new(
            Stamps.Next(),
            network._channels.Where(other => other != this && !IsAlone).ToDictionary(
                other => other.Silo,
                other => !HasHeard ? 0 : network._held.Find(frame => frame.From == other && frame.To == this) is { } next ? next.Stamp - 1 : other.Stamps.Next()),
            new Dictionary<SiloAddress, long>(network._departed),
            IsOver: IsOver);

        public void TellClients(StreamId stream)
        {
        }

        public ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request)
        {
            return Asking is { } asking ? asking(silo, request, Ask) : new(Ask());

            byte[] Ask() => network._channels.Find(other => other.Silo.Equals(silo)) is { } other
                ? other.Handlers[stream].Answer(request)
                : throw new TimeoutException("on purpose");
        }

        public void Attach(StreamId stream, IFrameHandler handler)
        {
            Handlers.Add(stream, handler);
            handler.Serve(IsStarted ? long.MaxValue : 0);
        }

        public Frame? Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null)
        {
            var stamp = Send(StreamNames.ToStreamId(stream), payload, null);
            if (stamp == 0)
                return null;
            var frame = new Frame(FrameKind.Item, false, stream, payload);
            frame.SetNumber(network.Frames.Count, stamp);
            network.Kept.Add(frame);
            return frame;
        }

        public Publication PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
        {
            var awaited = new Awaited();
            var stamp = Send(StreamNames.ToStreamId(stream), payload, awaited);
            awaited.Settle(Settlement.Clean);
            return new(stamp, new(awaited.Task.WaitAsync(cancellationToken)));
        }

        private long Send(StreamId stream, ReadOnlySpan<byte> payload, Awaited? awaited)
        {
            if (IsOver)
                return 0;
            network.Frames.Add(payload.ToArray());
            var stamp = Stamps.Next();
            HeldFrame[] frames = [.. network._channels.Where(other => other != this).Select(other => new HeldFrame(this, other, stream, network.Frames[^1], stamp, awaited))];
            if (awaited is not null)
                awaited.Places += frames.Length;
            network._held.AddRange(frames);
            foreach (var frame in network.IsHeld ? [] : frames)
                network.Deliver(frame);
            return stamp;
        }
    }

    /// <summary>A frame that somebody waits for.</summary>
    private sealed class Awaited : TaskCompletionSource<Settlement>
    {
        private Settlement _worst;

        /// <summary>Where it went, the publisher included.</summary>
        public int Places { get; set; } = 1;

        public void Settle(Settlement settlement)
        {
            _worst = settlement > _worst ? settlement : _worst;
            if (--Places == 0)
                SetResult(_worst);
        }
    }

    private sealed record HeldFrame(Channel From, Channel To, StreamId Stream, byte[] Payload, long Stamp, Awaited? Awaited);

    /// <summary>The network's time. What is due at once is due a little later, so that nothing runs within what has caused it; and nothing goes on elsewhere than on the thread that lets time pass.</summary>
    private sealed class LaterTime(FakeTimeProvider time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => time.GetTimestamp();

        public override long TimestampFrequency => time.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(time.CreateTimer(
            value =>
            {
                var context = SynchronizationContext.Current;
                SynchronizationContext.SetSynchronizationContext(null);
                callback(value);
                SynchronizationContext.SetSynchronizationContext(context);
            },
            state,
            Later(dueTime),
            period));

        private static TimeSpan Later(TimeSpan dueTime) => dueTime == TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : dueTime;

        private sealed class Timer(ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Later(dueTime), period);

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
