using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Streaming.Tests;

/// <summary>Rule 6: what a silo that died half-way had published is told on to those who may lack it.</summary>
public sealed class RelayTests : IDisposable
{
    private static readonly StreamId s_stream = StreamId.Create("tests", "relay");
    private static readonly SiloAddress s_self = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress s_other = SiloAddress.New(IPAddress.Loopback, 2, 2);
    private static readonly SiloAddress s_young = SiloAddress.New(IPAddress.Loopback, 4, 4);
    private static readonly SiloAddress s_mortal = SiloAddress.New(IPAddress.Loopback, 3, 3);
    private readonly Wire _wire = new();
    private readonly SiloLease _lease;
    private readonly SiloMember _member;
    private readonly RecordingHandler _handler = new();
    private readonly Queue<IThreadPoolWorkItem> _work = new();
    private long _revision;

    public RelayTests()
    {
        _lease = new SiloLease(s_self, new LeaseTimes(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)), TimeSpan.FromMinutes(1), _wire, TimeProvider.System, new Random(1), NullLogger.Instance, _work.Enqueue);
        _member = new("p", s_self, _lease, _wire, new MulticastOptions { MaxLaneBytes = 1_000 }, NullLogger.Instance);
        _member.Attach(s_stream, _handler);
        Tell(live: [s_other, s_mortal]);
    }

    public void Dispose() => _lease.Dispose();

    [Fact]
    public async Task What_it_has_not_told_everybody_is_told_on()
    {
        Receive(1, settled: 0, "one", "two");
        Receive(3, settled: 1, "three");
        Die();
        Assert.Equal(["Relayed two", "Relayed three"], [await _wire.NextAsync(s_other), await _wire.NextAsync(s_other)]);
        Assert.Equal(2, Volatile.Read(ref _member.Counters.Relayed));
        Assert.Equal(0, _member.GetStatistics().Published); // nobody here wrote anything
    }

    [Fact]
    public void What_everybody_has_is_not_told_on()
    {
        Receive(1, settled: 0, "one", "two");
        Receive(3, settled: 2);
        Die();
        Assert.Equal(0, Volatile.Read(ref _member.Counters.Relayed));
    }

    [Fact]
    public void Nothing_is_told_on_when_it_left_and_everybody_has_everything()
    {
        Receive(1, settled: 0, "one");
        Tell(live: [s_other], left: [s_mortal]);
        Die();
        Assert.Equal(0, Volatile.Read(ref _member.Counters.Relayed));
    }

    [Fact]
    public async Task What_was_not_kept_is_a_gap_for_the_others()
    {
        for (var i = 1; i <= 10; i++)
            Receive(i, settled: 0, new string('x', 300));
        Die();
        Assert.Equal("Lost ", await _wire.NextAsync(s_other));
        Assert.InRange(Volatile.Read(ref _member.Counters.Relayed), 1, 4); // no more than fits the bound
    }

    [Fact]
    public void What_comes_after_its_death_is_not_accepted()
    {
        Receive(1, settled: 0, "one");
        Die();
        Assert.Equal(0, Receive(2, settled: 0, "two").Applied);
    }

    [Fact]
    public async Task What_is_told_on_goes_to_the_handler_only_and_a_loss_is_its_gap()
    {
        var acknowledgement = _member.Receive(new Batch("p", new Incarnation(s_other, 7), 1, 2, null, Frames.Pack(Create(FrameKind.Relayed, "again"), Create(FrameKind.Lost, ""))));
        Assert.Equal(2, acknowledgement.Applied);
        Assert.Equal(["again", "gap"], [await _handler.NextAsync(), await _handler.NextAsync()]);
        Assert.Equal(0, Volatile.Read(ref _member.Counters.RefusedBytes));
    }

    [Fact]
    public async Task A_batch_says_how_far_everybody_is()
    {
        _wire.Holds = s_mortal;
        _member.Publish(StreamNames.Of(s_stream), "one"u8);
        RunAll();
        await _wire.NextAsync(s_other);
        _member.Publish(StreamNames.Of(s_stream), "two"u8);
        RunAll();
        await _wire.NextAsync(s_other);
        Assert.Equal(0, _wire.SettledAt(s_other)); // one of them lacks the first
        Tell(live: [s_other, s_mortal, s_young]);
        _member.Publish(StreamNames.Of(s_stream), "new"u8);
        RunAll();
        await _wire.NextAsync(s_other);
        await _wire.NextAsync(s_young);
        Assert.Equal((0, 0, 2), (_wire.SettledAt(s_other), _wire.SettledAt(s_young), _wire.BeforeAt(s_young))); // two were published before the new lane began
        Tell(live: [s_other, s_young], dead: [s_mortal]);
        _member.Publish(StreamNames.Of(s_stream), "three"u8);
        RunAll();
        await _wire.NextAsync(s_other);
        await _wire.NextAsync(s_young);
        Assert.Equal((3, 3), (_wire.SettledAt(s_other), _wire.SettledAt(s_young)));
    }

    /// <summary>What a publisher says that somebody lacks, and this one has not kept, may have come here with another member's state.</summary>
    [Theory]
    [InlineData(2, 0, 1)]
    [InlineData(5, 2, 4)]
    public void Nothing_is_known_to_be_everywhere_while_somebody_lacks_what_never_came_here(long first, long settled, long all)
    {
        _member.Receive(new Batch("p", new Incarnation(s_mortal, 1), first, 0, Gap.All, [], settled, Before: first - 1, Last: first - 1));
        Assert.Equal(0, _member.ReadMarks().Settled);
        Receive(first, all);
        Assert.Equal(long.MaxValue, _member.ReadMarks().Settled);
    }

    private void Die()
    {
        Tell(live: [s_other], dead: [s_mortal]);
        RunAll();
    }

    /// <summary>Does what is left to the thread pool otherwise. The wire answers at once, so nothing else is under way.</summary>
    private void RunAll()
    {
        while (_work.TryDequeue(out var work))
            work.Execute();
    }

    private void Tell(SiloAddress[] live, SiloAddress[]? left = null, SiloAddress[]? dead = null) => _member.OnLease(new LeaseState(
        ++_revision, live.ToHashSet(), left ?? [], (dead ?? []).ToDictionary(silo => silo, _ => _lease.Clock.Now), TimeSpan.MaxValue, IsStarted: true, IsSelfDead: false));

    private Acknowledgement Receive(long first, long settled, params string[] items) => _member.Receive(new Batch(
        "p", new Incarnation(s_mortal, 1), first, items.Length, null, Frames.Pack([.. items.Select((item, i) => Create(FrameKind.Item, item, first + i))]), settled, Before: first - 1, Last: first + items.Length - 1));

    private static Frame Create(FrameKind kind, string text, long number = 1)
    {
        var frame = new Frame(kind, false, s_stream, kind == FrameKind.Relayed ? new Origin(3, 4).Before(Encoding.UTF8.GetBytes(text)) : Encoding.UTF8.GetBytes(text));
        frame.SetNumber(number, number);
        return frame;
    }

    /// <summary>Acknowledges everything at once, but for one silo nothing.</summary>
    private sealed class Wire : IMulticastTransport, ILeaseNetwork
    {
        private readonly ConcurrentDictionary<SiloAddress, System.Threading.Channels.Channel<string>> _sent = new();
        private readonly ConcurrentDictionary<SiloAddress, long> _settled = new();

        internal SiloAddress? Holds { get; set; }

        private readonly ConcurrentDictionary<SiloAddress, long> _before = new();

        internal long BeforeAt(SiloAddress silo) => _before[silo];

        internal long SettledAt(SiloAddress silo) => _settled[silo];

        internal Task<string> NextAsync(SiloAddress silo) => Sent(silo).Reader.ReadAsync(TestContext.Current.CancellationToken).InTime();

        public async ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        {
            if (destination == Holds)
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            (_settled[destination], _before[destination]) = (batch.Settled, batch.Before);
            Write(Sent(destination).Writer, batch);
            var last = batch.First + batch.Count - 1;
            return new(1, last, last, null);
        }

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => throw new NotSupportedException();

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement) => throw new NotSupportedException();

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => throw new NotSupportedException();

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => throw new NotSupportedException();

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        private static void Write(System.Threading.Channels.ChannelWriter<string> writer, Batch batch)
        {
            var reader = new FrameReader(batch.Frames);
            while (reader.TryRead(out var frame))
                writer.TryWrite($"{frame.Kind} {Encoding.UTF8.GetString(frame.Kind == FrameKind.Relayed ? frame.Payload[Origin.Length..] : frame.Payload)}");
        }

        private System.Threading.Channels.Channel<string> Sent(SiloAddress silo) => _sent.GetOrAdd(silo, _ => System.Threading.Channels.Channel.CreateUnbounded<string>());
    }
}
