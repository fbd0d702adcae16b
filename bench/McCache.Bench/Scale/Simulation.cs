using System.Diagnostics;
using System.Net;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization;

namespace McCache.Bench.Scale;

/// <summary>
/// A publisher and many others without a network: production's cache, member and lanes at the publisher, a member and its lane at every other, and between them a transport that hands batches over by
/// a call, on one thread. The others share one cache, which drops what it is told to.
/// </summary>
internal sealed class Simulation : IMulticastTransport, ILeaseNetwork, IDisposable
{
    private const int BlockWrites = 1_000;
    private const double Megabyte = 1e6;
    private const double MeanJitter = 0.75; // a silo asks again after a half to the whole of the renewal
    private static readonly LeaseTimes s_times = new(new McCacheOptions().LeaseDuration, new McCacheOptions().LeaseRenewal);
    private static readonly string[] s_keys = [.. Enumerable.Range(0, BlockWrites).Select(i => $"key:{i:D8}")];
    private static readonly StreamId s_stream = StreamId.Create(CacheMember.StreamNamespace, LoopbackCluster.CacheName);

    private readonly Dictionary<SiloAddress, SiloMember> _others = [];
    private readonly List<SiloLease> _leases = [];
    private readonly Queue<IThreadPoolWorkItem> _queue = [];
    private readonly List<(TaskCompletionSource<Acknowledgement> Answered, Acknowledgement Answer)> _travelling = [];
    private readonly SiloMember _publisher;
    private readonly IMcCache<string, int> _cache;
    private readonly ServiceProvider _services, _applyingServices;
    private readonly int _batchHeader;
    private long _bytes;

    private Simulation(int members)
    {
        var applying = new ApplyingChannel();
        _applyingServices = CreateServices(applying);
        _applyingServices.GetRequiredService<CacheMember>(); // whose cache attaches itself
        _publisher = CreateMember(0);
        var self = new HashSet<SiloAddress> { _publisher.Silo };
        for (var i = 1; i < members; i++)
        {
            var other = CreateMember(i);
            other.Attach(s_stream, applying.Handler!);
            Start(other, self);
            _others.Add(other.Silo, other);
        }

        var before = ScaleRun.ReadMemory();
        Start(_publisher, _others.Keys.ToHashSet());
        foreach (var (_, other) in _others)
            _publisher.Receive(new Batch(CacheMember.ProviderName, other.Incarnation, 1, 0, null, []));
        Megabytes = (ScaleRun.ReadMemory() - before) / Megabyte;
        _services = CreateServices(_publisher);
        _cache = _services.GetRequiredKeyedService<IMcCache<string, int>>(LoopbackCluster.CacheName);
        _batchHeader = _services.GetRequiredService<Serializer<Batch>>().SerializeToArray(new Batch(CacheMember.ProviderName, _publisher.Incarnation, 1, 1, null, [], 1, _publisher.NextMark())).Length;
    }

    /// <summary>What the lanes to and from all others take at one member.</summary>
    private double Megabytes { get; }

    /// <summary>A block of 2 members and one of many alternate.</summary>
    public static IReadOnlyList<ScaleRow> Run(bool quick, CancellationToken cancellationToken)
    {
        var time = TimeSpan.FromSeconds(quick ? 0.5 : 1.5);
        using var baseline = new Simulation(2);
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < time;)
            baseline.WriteBlock(); // warms up
        List<ScaleRow> rows = [];
        foreach (var members in quick ? new[] { 2, 8, 32, 100, 300 } : [2, 8, 32, 100, 300, 1_000])
        {
            cancellationToken.ThrowIfCancellationRequested();
            Console.Error.WriteLine($"{members:N0} simulated members");
            using var simulation = new Simulation(members);
            List<Block> blocks = [];
            for (var begin = Stopwatch.GetTimestamp(); blocks.Count < 5 || Stopwatch.GetElapsedTime(begin) < time;)
            {
                var beside = baseline.WriteBlock();
                var block = simulation.WriteBlock();
                blocks.Add(block with { Ratio = block.Nanoseconds / beside.Nanoseconds });
            }

            if (simulation._others.Values.Any(other => other.GetStatistics().Gaps > 0))
                throw new InvalidOperationException("A simulated member has refused a write.");
            rows.Add(new(
                members,
                "simulated",
                Math.Round(Rounds.Median(blocks.Select(block => block.Nanoseconds)), 1),
                Math.Round(Rounds.Median(blocks.Select(block => block.CpuMicroseconds)), 3),
                Math.Round(Rounds.Median(blocks.Select(block => block.Bytes)), 1),
                Math.Round(2 * members * (members - 1) / (s_times.Renewal.TotalSeconds * MeanJitter)),
                Math.Round(simulation.Megabytes, 4),
                Math.Round(Rounds.Median(blocks.Select(block => block.Ratio)), 3)));
        }

        return rows;
    }

    public void Dispose()
    {
        _services.Dispose();
        _applyingServices.Dispose();
        _publisher.CloseAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
        _leases.ForEach(lease => lease.Dispose());
    }

    /// <summary>The first write leaves at once, and the rest gathers while it travels, as on a busy lane; then everything is delivered and answered.</summary>
    private Block WriteBlock()
    {
        var (bytes, cpu) = (_bytes, Environment.CpuUsage.TotalTime);
        _cache[s_keys[0]] = 1;
        RunQueue();
        var start = Stopwatch.GetTimestamp();
        for (var i = 1; i < s_keys.Length; i++)
            _cache[s_keys[i]] = 1;
        var nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / (s_keys.Length - 1);
        while (_travelling.Count > 0)
        {
            (TaskCompletionSource<Acknowledgement> Answered, Acknowledgement Answer)[] travelling = [.. _travelling];
            _travelling.Clear();
            foreach (var (answered, answer) in travelling)
                answered.SetResult(answer);
            RunQueue();
        }

        var frames = (double)s_keys.Length * _others.Count;
        return new(nanoseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / frames, (_bytes - bytes) / frames, 0);
    }

    private void RunQueue()
    {
        while (_queue.TryDequeue(out var work))
            work.Execute();
    }

    ValueTask<Acknowledgement> IMulticastTransport.DeliverAsync(SiloAddress destination, Batch batch)
    {
        _bytes += _batchHeader + batch.Frames.Length;
        var answered = new TaskCompletionSource<Acknowledgement>();
        _travelling.Add((answered, _others[destination].Receive(batch)));
        return new(answered.Task);
    }

    private SiloMember CreateMember(int number)
    {
        var silo = SiloAddress.New(IPAddress.Loopback, number + 1, 1);
        var lease = new SiloLease(silo, s_times, TimeSpan.FromMinutes(1), this, TimeProvider.System, new Random(number), NullLogger.Instance, _queue.Enqueue);
        _leases.Add(lease);
        return new(CacheMember.ProviderName, silo, lease, this, new MulticastOptions(), NullLogger.Instance);
    }

    private static void Start(SiloMember member, IReadOnlySet<SiloAddress> live)
        => member.OnLease(new LeaseState(1, live, [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MaxValue, IsStarted: true, IsSelfDead: false));

    private static ServiceProvider CreateServices(IMulticastChannel channel)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSerializer();
        services.AddKeyedSingleton(CacheMember.ProviderName, channel);
        new McCacheBuilder(services).Add<string, int>(LoopbackCluster.CacheName, options => options.TimeToLive = TimeSpan.FromHours(1));
        return services.BuildServiceProvider();
    }

    ValueTask<byte[]> IMulticastTransport.AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => throw new NotSupportedException();

    void IMulticastTransport.SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement) => throw new NotSupportedException();

    ValueTask<Promise> ILeaseNetwork.AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => throw new NotSupportedException();

    Task ILeaseNetwork.SayGoodbyeAsync(SiloAddress silo, bool isDrained) => throw new NotSupportedException();

    Task<ClusterRows> ILeaseNetwork.RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<ClusterRows> ILeaseNetwork.ReadTableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Per write; all but the first by the number of others, too.</summary>
    private readonly record struct Block(double Nanoseconds, double CpuMicroseconds, double Bytes, double Ratio);

    /// <summary>Where the cache that the others share attaches itself.</summary>
    private sealed class ApplyingChannel : IMulticastChannel
    {
        public IFrameHandler? Handler { get; private set; }

        public HybridClock Stamps { get; } = new(TimeProvider.System, TimeSpan.FromMinutes(1));

        public void Attach(StreamId stream, IFrameHandler handler)
        {
            Handler = handler;
            handler.Serve(long.MaxValue);
        }

        public Frame? Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null) => throw new NotSupportedException();

        public Publication PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
