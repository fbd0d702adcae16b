using System.Net;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;

namespace McCache.Client.Tests;

/// <summary>What the verbs of the view, and what comes from other members, allocate at most. The channel's own part is measured with the streams.</summary>
public sealed class AllocationTests
{
#if DEBUG
    /// <summary>A debug build boxes a number to compare it with null, twice.</summary>
    private const double BoxBytes = 48;
#else
    private const double BoxBytes = 0;
#endif

    /// <summary>The change is pooled, and the entry is updated.</summary>
    private const double MaxSetBytes = 0;

    /// <summary>The same in a replicated cache.</summary>
    private const double MaxReplicatedSetBytes = 192;

    /// <summary>A batch's own part, for each of its thousand frames.</summary>
    private const double BatchBytes = 1;

    /// <summary>The key of 12 characters, read from the frame. One that is a number needs nothing.</summary>
    private const double KeyBytes = 48;

    /// <summary>The key, the entry, and the value of 5 characters as it came.</summary>
    private const double MaxMergeBytes = 320;

    /// <summary>It stands still, so nothing happens by itself.</summary>
    private static readonly FakeTimeProvider s_time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(Coherence.Invalidate)]
    [InlineData(Coherence.Replicate)]
    public void A_hit_in_a_silo_allocates_nothing(Coherence coherence)
    {
        CheckHits(Create<string, int>(coherence), "key:00000001", "key:00000002");
        CheckHits(Create<long, int>(coherence), 1, 2);
    }

    [Theory]
    [InlineData(Coherence.Invalidate, MaxSetBytes)]
    [InlineData(Coherence.Replicate, MaxReplicatedSetBytes)]
    public void Setting_an_existing_key_allocates_at_most_its_entry(Coherence coherence, double maxBytes)
    {
        var cache = Create<string, string>(coherence);
        Check("Set", () => cache["key:00000001"] = "value", maxBytes);
        var numbers = Create<long, string>(Coherence.Invalidate);
        Check("Set by number", () => numbers[1] = "value", MaxSetBytes + BoxBytes);
    }

    [Fact]
    public void An_invalidation_of_another_member_allocates_its_key_alone()
    {
        Check("An invalidation", Apply<string>(Coherence.Invalidate, i => $"key:{i:D8}"), KeyBytes + BatchBytes);
        Check("An invalidation by number", Apply<long>(Coherence.Invalidate, i => i), BatchBytes);
    }

    [Fact]
    public void A_value_of_another_member_allocates_its_entry_and_its_bytes()
        => Check("A value", Apply<string>(Coherence.Replicate, i => $"key:{i:D8}"), MaxMergeBytes + BatchBytes);

    private static void CheckHits<TKey>(IMcCache<TKey, int> cache, TKey key, TKey missing)
        where TKey : notnull
    {
        cache[key] = 1;
        Check("The indexer", () => _ = cache[key], 0);
        Check("TryGetValue", () => cache.TryGetValue(key, out _), 0);
        Check("A miss", () => cache.TryGetValue(missing, out _), 0);
        Check("ContainsKey", () => cache.ContainsKey(key), 0);
        Check("GetOrAddAsync", () => _ = cache.GetOrAddAsync(key, 1, static (_, state, _) => new ValueTask<int>(state)).Result, 0);
    }

    /// <returns>Bytes for each of the frames in a batch of a thousand, which set keys that another member sets.</returns>
    private static double Apply<TKey>(Coherence coherence, Func<int, TKey> getKey)
        where TKey : notnull
    {
        const int Frames = 1_000;
        using var wire = new Wire();
        var (sender, receiver) = (wire.Join(1, 2), wire.Join(2, 1));
        var written = Create<TKey, string>(coherence, sender);
        _ = Create<TKey, string>(coherence, receiver);
        var least = long.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            written[getKey(0)] = "value"; // leaves at once; the others gather while it travels, and leave together
            wire.Run();
            for (var i = 0; i < Frames; i++)
                written[getKey(i)] = "value";
            wire.Answer(receiver);
            wire.Run();
            least = Math.Min(least, wire.Answer(receiver));
            wire.Run();
        }

        Assert.Equal(0, receiver.GetStatistics().Gaps);
        return (double)least / Frames;
    }

    private static void Check(string what, Action act, double maxBytes)
    {
        const int Calls = 200;
        var least = long.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Calls; i++)
                act();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before); // tiered compilation and lazy statics have their say in some
        }

        Check(what, (double)least / Calls, maxBytes);
    }

    private static void Check(string what, double bytes, double maxBytes) => Assert.True(bytes <= maxBytes, $"{what} allocates {bytes} bytes; {maxBytes} are allowed");

    private static IMcCache<TKey, TValue> Create<TKey, TValue>(Coherence coherence, IMulticastChannel? channel = null)
        where TKey : notnull
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSerializer();
        services.AddSingleton<TimeProvider>(s_time);
        services.AddKeyedSingleton(CacheMember.ProviderName, channel ?? new LonelyChannel());
        new McCacheBuilder(services).Add<TKey, TValue>("cache", options => options.Coherence = coherence);
        return services.BuildServiceProvider().GetRequiredKeyedService<IMcCache<TKey, TValue>>("cache");
    }

    /// <summary>Two members, a batch between which is on its way until it is answered. All work is done on the test's thread.</summary>
    private sealed class Wire : IMulticastTransport, ILeaseNetwork, IDisposable
    {
        private readonly Queue<IThreadPoolWorkItem> _work = [];
        private readonly List<SiloLease> _leases = [];
        private readonly Dictionary<SiloAddress, (TaskCompletionSource<Acknowledgement> Answered, Batch Batch)> _travelling = [];

        internal SiloMember Join(int port, int other)
        {
            var silo = SiloAddress.New(IPAddress.Loopback, port, 1);
            var lease = new SiloLease(silo, new LeaseTimes(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)), TimeSpan.FromMinutes(1), this, s_time, new Random(1), NullLogger.Instance, _work.Enqueue);
            _leases.Add(lease);
            var member = new SiloMember(CacheMember.ProviderName, silo, lease, this, new MulticastOptions(), NullLogger.Instance);
            member.OnLease(new LeaseState(
                1, new HashSet<SiloAddress> { SiloAddress.New(IPAddress.Loopback, other, 1) }, [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MaxValue, IsStarted: true, IsSelfDead: false));
            return member;
        }

        internal void Run()
        {
            while (_work.TryDequeue(out var work))
                work.Execute();
        }

        /// <returns>The bytes that the receiver allocated.</returns>
        internal long Answer(SiloMember receiver)
        {
            var (answered, batch) = _travelling[receiver.Silo];
            var before = GC.GetAllocatedBytesForCurrentThread();
            var acknowledgement = receiver.Receive(batch);
            var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            answered.SetResult(acknowledgement);
            return bytes;
        }

        public void Dispose() => _leases.ForEach(lease => lease.Dispose());

        public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        {
            _travelling[destination] = (new(), batch);
            return new(_travelling[destination].Answered.Task);
        }

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => throw new NotSupportedException();

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement) => throw new NotSupportedException();

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => throw new NotSupportedException();

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => throw new NotSupportedException();

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>Nobody else is there.</summary>
    private sealed class LonelyChannel : IReplicaChannel
    {
        private readonly Frame _frame = new(FrameKind.Item, false, StreamId.Create("tests", "allocation"), [(byte)CacheOperation.Remove]);

        public HybridClock Stamps { get; } = new(s_time, TimeSpan.FromMinutes(1));

        public SiloAddress Silo { get; } = SiloAddress.New(IPAddress.Loopback, 1, 1);

        public ulong Member => 1;

        public Random Random { get; } = new(1);

        public TimeSpan Renewal => TimeSpan.FromSeconds(1);

        public void Attach(StreamId stream, IFrameHandler handler) => handler.Serve(long.MaxValue);

        public Frame Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null)
        {
            _frame.SetNumber(1, Stamps.Next());
            return _frame;
        }

        public Publication PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Marks ReadMarks() => new(Stamps.Next(), new Dictionary<SiloAddress, long>(), new Dictionary<SiloAddress, long>());

        public void TellClients(StreamId stream)
        {
        }

        public ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request) => throw new NotSupportedException();
    }
}
