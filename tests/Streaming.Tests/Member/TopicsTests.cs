using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Streaming.Tests;

/// <summary>A silo gets nothing of streams to which nobody there listens.</summary>
public sealed class TopicsTests : IDisposable
{
    private static readonly StreamId s_first = StreamId.Create("tests", "first");
    private static readonly StreamId s_second = StreamId.Create("tests", "second");
    private static readonly SiloAddress s_self = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress s_other = SiloAddress.New(IPAddress.Loopback, 2, 2);
    private static readonly SiloAddress s_third = SiloAddress.New(IPAddress.Loopback, 3, 3);
    private readonly Wire _wire = new();
    private readonly SiloLease _lease;
    private readonly SiloMember _member;
    private readonly Queue<IThreadPoolWorkItem> _work = new();
    private long _revision;

    public TopicsTests()
    {
        _lease = new SiloLease(s_self, new LeaseTimes(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)), TimeSpan.FromMinutes(1), _wire, TimeProvider.System, new Random(1), NullLogger.Instance, _work.Enqueue);
        _member = new("p", s_self, _lease, _wire, new MulticastOptions { MaxLaneFrames = 1_000, HasTopics = true }, NullLogger.Instance);
        _member.Attach(s_first, new RecordingHandler());
    }

    public void Dispose() => _lease.Dispose();

    [Fact]
    public void A_silo_gets_what_it_listens_to_and_no_more()
    {
        Start(s_other, s_third);
        Hear(s_other, 1, [s_first]);
        Publish(s_first, s_second, s_first);
        Assert.Equal(["Topics ", "Item first", "Item first"], _wire.Sent(s_other));
        Assert.Equal(["Topics ", "Item first", "Item second", "Item first"], _wire.Sent(s_third)); // which has told nothing
        Assert.Equal(3, _member.GetStatistics().Published); // what a silo says of itself is no publishing
    }

    [Fact]
    public async Task A_verb_waits_for_nobody_who_does_not_listen()
    {
        Start(s_other, s_third);
        await _lease.BeginAloneAsync(TestContext.Current.CancellationToken); // valid by the table
        Hear(s_third, 1, [s_first]);
        _wire.Holds = s_third;
        var settled = _member.PublishAsync(StreamNames.Of(s_second), [1], null, TestContext.Current.CancellationToken).Settled.AsTask();
        RunAll();
        await settled.InTime();
    }

    [Fact]
    public void Whoever_loses_anything_gets_everything_again()
    {
        Start(s_other);
        Hear(s_other, 1, [s_first]);
        _member.Receive(new Batch("p", new Incarnation(s_other, 7), 5, 0, new Gap([StreamNames.Of(s_first)]), []));
        Publish(s_second);
        Assert.Equal(["Topics ", "Item second"], _wire.Sent(s_other));
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 9, 0, 1 })]
    public void Whoever_says_nothing_that_makes_sense_gets_everything(byte[] topics)
    {
        Start(s_other);
        Hear(s_other, 1, topics);
        Publish(s_second);
        Assert.Equal(["Topics ", "Item second"], _wire.Sent(s_other));
    }

    [Fact]
    public void A_silo_that_comes_later_is_told_too()
    {
        Start(s_other);
        Start(s_other, s_third);
        RunAll();
        Assert.Equal(StreamNames.Of(s_first), Assert.Single(_wire.Topics[s_third]!));
    }

    [Fact]
    public void A_lane_that_was_full_is_told_again()
    {
        Start(s_other);
        _wire.Holds = s_other;
        for (var i = 0; i < 1_001; i++)
            _member.Publish(StreamNames.Of(s_first), [1]);
        _wire.Topics.Clear();
        _wire.Release();
        RunAll();
        Start(s_other); // the lease is renewed
        Assert.Equal(StreamNames.Of(s_first), Assert.Single(_wire.Topics[s_other]!));
    }

    [Fact]
    public async Task Who_begins_to_listen_waits_until_everybody_knows()
    {
        Start(s_other);
        await _lease.BeginAloneAsync(TestContext.Current.CancellationToken);
        _wire.Holds = s_other;
        var hearing = _member.HearAsync([StreamNames.Of(s_second)]).AsTask();
        RunAll();
        var again = _member.HearAsync([StreamNames.Of(s_second)]).AsTask(); // nor is it known to anybody yet
        RunAll();
        Assert.Equal((false, false), (hearing.IsCompleted, again.IsCompleted));
        _wire.Release();
        RunAll();
        await Task.WhenAll(hearing, again).InTime();
        Assert.Equal(new[] { s_first, s_second }.Select(StreamNames.Of).Order(s_order), _wire.Topics[s_other]!.Order(s_order));
        Assert.True(_member.HearAsync([StreamNames.Of(s_second)]).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_handler_comes_before_the_start()
    {
        Start(s_other);
        Assert.Throws<InvalidOperationException>(() => _member.Attach(s_second, new RecordingHandler()));
    }

    [Fact]
    public void Too_many_topics_are_told_as_all()
    {
        for (var i = 0; i < Topics.MaxCount; i++)
            _member.Attach(StreamId.Create("tests", $"{i}"), new RecordingHandler());
        Start(s_other);
        Assert.Empty(_wire.Topics); // which others take for everything
    }

    [Fact]
    public void What_is_settled_everywhere_is_told_by_number_though_lanes_differ()
    {
        Start(s_other, s_third);
        Hear(s_other, 1, [s_first]);
        Publish(s_second); // number 2, to the third only
        _wire.Holds = s_third;
        Publish(s_second); // 3, which it does not have
        Publish(s_first);
        Assert.Equal(2, _wire.Settled);
        _wire.Release();
        RunAll();
        Publish(s_first);
        Assert.Equal(4, _wire.Settled);
    }

    [Fact]
    public void What_a_lane_alone_was_told_is_settled_too()
    {
        Start(s_other);
        Start(s_other, s_third); // 2, to the third only
        Assert.Equal(2, _member.SettledEverywhere);
    }

    [Fact]
    public void Bytes_that_are_no_topics_are_read_as_none()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => Topics.Read(bytes) is not { } topics || Topics.Write(topics).Length <= bytes.Length);
        Gen.Byte.Array[0, 50].Array[0, 20].Sample(names => Topics.Read(Topics.Write(names))!.SetEquals(names.ToFrozenSet(StreamNames.Comparer)));
    }

    private static readonly Comparer<byte[]> s_order = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private void Start(params SiloAddress[] live)
    {
        _member.OnLease(new LeaseState(++_revision, live.ToHashSet(), [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MaxValue, IsStarted: true, IsSelfDead: false));
        RunAll();
    }

    private void Hear(SiloAddress from, long first, StreamId[] topics) => Hear(from, first, Topics.Write([.. topics.Select(StreamNames.Of)]));

    private void Hear(SiloAddress from, long first, byte[] topics)
        => Assert.Equal(first, _member.Receive(new Batch("p", new Incarnation(from, 7), first, 1, null, Frames.Pack(new Frame(FrameKind.Topics, true, Topics.FrameName, topics)))).Applied);

    private void Publish(params StreamId[] streams)
    {
        foreach (var stream in streams)
        {
            _member.Publish(StreamNames.Of(stream), [1]);
            RunAll();
        }
    }

    /// <summary>Does what is left to the thread pool otherwise. The wire answers at once, so nothing else is under way.</summary>
    private void RunAll()
    {
        while (_work.TryDequeue(out var work))
            work.Execute();
    }

    /// <summary>Acknowledges everything at once, but for one silo only when it is released.</summary>
    private sealed class Wire : IMulticastTransport, ILeaseNetwork
    {
        private readonly ConcurrentDictionary<SiloAddress, List<string>> _sent = new();
        private TaskCompletionSource _released = new();

        internal SiloAddress? Holds { get; set; }

        internal long Settled { get; private set; }

        internal Dictionary<SiloAddress, FrozenSet<byte[]>?> Topics { get; } = [];

        internal List<string> Sent(SiloAddress silo) => _sent[silo];

        internal void Release()
        {
            Holds = null;
            _released.SetResult();
            _released = new();
        }

        public async ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        {
            Settled = batch.Settled;
            if (destination == Holds)
                await _released.Task;
            var reader = new FrameReader(batch.Frames);
            while (reader.TryRead(out var frame))
            {
                _sent.GetOrAdd(destination, _ => []).Add($"{frame.Kind} {(frame.Kind == FrameKind.Topics ? "" : StreamNames.ToStreamId(frame.Name).GetKeyAsString())}");
                if (frame.Kind == FrameKind.Topics)
                    Topics[destination] = Streaming.Topics.Read(frame.Payload);
            }

            var last = batch.First + batch.Count - 1;
            return new(1, last, last, null);
        }

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken)
            => Task.FromResult(new ClusterRows(new MembershipVersion(1), new Dictionary<SiloAddress, SiloStatus> { [s_self] = SiloStatus.Active }));

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => ReadTableAsync(cancellationToken);

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => throw new NotSupportedException();

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
        {
        }

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => throw new NotSupportedException();

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => throw new NotSupportedException();
    }
}
