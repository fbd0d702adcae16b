using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Streaming.Tests;

/// <summary>What a frame allocates on its way: nothing for each frame and lane but its bytes in a batch.</summary>
public sealed class AllocationTests : IDisposable
{
    private const int Frames = 1_000;

    /// <summary>A frame, its bytes, and its slot on the lanes, before anything is sent.</summary>
    private const double MaxPublishBytes = 146;

    /// <summary>Another lane's slot for a frame, in an array that grows with the burst.</summary>
    private const double MaxSlotBytes = 34;

    /// <summary>A frame in the batch of one more lane: its bytes, its slots in the lane and in the batch, and its share of what is allocated for the batch. Packed, the frame has 24 bytes.</summary>
    private const double MaxLaneBytes = 67;

    private static readonly byte[] s_name = StreamNames.Of(StreamId.Create("tests", "allocation"));
    private static readonly byte[] s_payload = new byte[20];
    private readonly Network _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_frame_on_another_lane_allocates_little()
    {
        var (one, three) = (_network.Join(1), _network.Join(3));
        var (publish, send) = Measure(one);
        var (publish3, send3) = Measure(three);
        Check("Publishing to one", publish, MaxPublishBytes);
        Check("Publishing to one more", (publish3 - publish) / 2, MaxSlotBytes);
        Check("Publishing to and sending to one more", (publish3 + send3 - publish - send) / 2, MaxLaneBytes);
    }

    /// <returns>Bytes for each frame, to publish it and to send it. The first leaves at once; the others gather while it travels, and leave together.</returns>
    private (double Publish, double Send) Measure(SiloMember member)
    {
        var least = (Publish: double.MaxValue, Send: double.MaxValue);
        for (var round = 0; round < 20; round++)
        {
            member.Publish(s_name, s_payload);
            _network.Run();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Frames; i++)
                member.Publish(s_name, s_payload);
            var published = GC.GetAllocatedBytesForCurrentThread();
            _network.AnswerAll();
            var sent = GC.GetAllocatedBytesForCurrentThread();
            least = (Math.Min(least.Publish, published - before), Math.Min(least.Send, sent - published));
        }

        return (least.Publish / Frames, least.Send / Frames);
    }

    private static void Check(string what, double bytes, double maxBytes) => Assert.True(bytes <= maxBytes, $"{what} allocates {bytes} bytes a frame; {maxBytes} are allowed");

    /// <summary>Others that say they have everything, when they are told to answer. All work is done on the test's thread.</summary>
    private sealed class Network : IMulticastTransport, ILeaseNetwork, IDisposable
    {
        private readonly Queue<IThreadPoolWorkItem> _work = [];
        private readonly Queue<(TaskCompletionSource<Acknowledgement> Answered, Acknowledgement Answer)> _travelling = [];
        private readonly List<SiloLease> _leases = [];

        internal SiloMember Join(int others)
        {
            var silo = SiloAddress.New(IPAddress.Loopback, 1, 1);
            var lease = new SiloLease(silo, new LeaseTimes(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)), TimeSpan.FromMinutes(1), this, TimeProvider.System, new Random(1), NullLogger.Instance, _work.Enqueue);
            _leases.Add(lease);
            var member = new SiloMember("p", silo, lease, this, new MulticastOptions(), NullLogger.Instance);
            var live = Enumerable.Range(2, others).Select(port => SiloAddress.New(IPAddress.Loopback, port, 1)).ToHashSet();
            member.OnLease(new LeaseState(1, live, [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MaxValue, IsStarted: true, IsSelfDead: false));
            return member;
        }

        internal void Run()
        {
            while (_work.TryDequeue(out var work))
                work.Execute();
        }

        internal void AnswerAll()
        {
            while (_travelling.TryDequeue(out var batch))
            {
                batch.Answered.SetResult(batch.Answer);
                Run();
            }
        }

        public void Dispose() => _leases.ForEach(lease => lease.Dispose());

        public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        {
            var (answered, last) = (new TaskCompletionSource<Acknowledgement>(), batch.First + batch.Count - 1);
            _travelling.Enqueue((answered, new(1, last, last, null)));
            return new(answered.Task);
        }

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => throw new NotSupportedException();

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement) => throw new NotSupportedException();

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => throw new NotSupportedException();

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => throw new NotSupportedException();

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
