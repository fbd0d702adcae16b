using System.Net;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Streaming.Tests;

/// <summary>What a member does with what comes, good or bad.</summary>
public sealed class ReceivingTests : IDisposable
{
    private static readonly StreamId s_stream = StreamId.Create("tests", "receiving");
    private static readonly SiloAddress s_other = SiloAddress.New(IPAddress.Loopback, 2, 2);
    private static readonly HashSet<SiloAddress> s_live = [s_other];
    private readonly RecordingHandler _handler = new();
    private readonly SiloLease _lease;
    private readonly SiloMember _member;

    public ReceivingTests()
    {
        var silo = SiloAddress.New(IPAddress.Loopback, 1, 1);
        _lease = new SiloLease(silo, new LeaseTimes(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)), TimeSpan.FromMinutes(1), new NoNetwork(), TimeProvider.System, new Random(1), NullLogger.Instance);
        _member = new("p", silo, _lease, new NoNetwork(), new MulticastOptions(), NullLogger.Instance);
        _member.Attach(s_stream, _handler);
        Tell(0, isStarted: false);
    }

    public void Dispose() => _lease.Dispose();

    [Fact]
    public void Bytes_from_anywhere_never_throw_and_are_counted()
    {
        var id = 0UL;
        Gen.Select(Gen.Byte.Array[0, 100], Gen.Int[0, 5]).Sample((bytes, count) =>
        {
            var acknowledgement = _member.Receive(new Batch("p", new Incarnation(s_other, Interlocked.Increment(ref id)), 1, count, null, bytes));
            Assert.Equal(count, acknowledgement.Applied); // or it would be sent again for ever
        });
    }

    [Fact]
    public async Task What_could_be_read_is_applied_and_the_rest_is_a_gap()
    {
        var two = Frames.Pack(Item("one"), Item("two"));
        var acknowledgement = _member.Receive(Create(1, 1, 3, [.. two, 1, 2, 3]));
        Assert.Equal(3, acknowledgement.Applied);
        Assert.Equal(["one", "two", "gap"], [await _handler.NextAsync(), await _handler.NextAsync(), await _handler.NextAsync()]);
        Assert.Equal(3, Volatile.Read(ref _member.Counters.RefusedBytes) - two.Length);
    }

    [Fact]
    public async Task What_was_superseded_is_applied_as_nothing()
    {
        Assert.Equal(2, _member.Receive(Create(1, 1, 2, Frames.Pack(new Frame(FrameKind.Superseded, false, s_stream, []), Item("two")))).Applied);
        Assert.Equal("two", await _handler.NextAsync());
    }

    [Fact]
    public async Task A_kind_that_is_not_known_is_a_gap_of_its_stream()
    {
        _member.Receive(Create(1, 1, 1, Frames.Pack(new Frame((FrameKind)63, false, s_stream, []))));
        Assert.Equal("gap", await _handler.NextAsync());
    }

    [Fact]
    public async Task Another_incarnation_of_a_publisher_is_a_gap_of_everything()
    {
        _member.Receive(Create(1, 1, 1, Frames.Pack(Item("one"))));
        var before = _member.Receive(Create(1, 2, 1, Frames.Pack(Item("two"))));
        var after = _member.Receive(Create(2, 1, 1, Frames.Pack(Item("three"))));
        Assert.Equal(["one", "two", "gap", "three"], [await _handler.NextAsync(), await _handler.NextAsync(), await _handler.NextAsync(), await _handler.NextAsync()]);
        Assert.Equal(1, after.Applied);
        Assert.NotEqual(before.Receiver, after.Receiver);
    }

    [Fact]
    public async Task A_handler_that_throws_in_spite_of_its_contract_has_a_gap()
    {
        _handler.OnApply = _ => throw new InvalidOperationException("on purpose");
        Assert.Equal(1, _member.Receive(Create(1, 1, 1, Frames.Pack(Item("one")))).Applied);
        Assert.Equal("gap", await _handler.NextAsync());
        Assert.Equal(1, Volatile.Read(ref _member.Counters.HandlerFailures));
    }

    [Fact]
    public void Serving_is_told_to_handlers_that_come_before_and_after()
    {
        Assert.Equal(0, _handler.Until);
        Tell(1, isStarted: false);
        Assert.Equal(0, _handler.Until);
        Tell(2, isStarted: true);
        var late = new RecordingHandler();
        _member.Attach(StreamId.Create("tests", "late"), late);
        Assert.True(_handler.Until > Environment.TickCount64);
        Assert.True(late.Until > Environment.TickCount64);
        _member.BeginStop();
        Tell(3, isStarted: true);
        Assert.Equal((0, 0), (_handler.Until, late.Until));
    }

    [Fact]
    public void What_the_lease_said_before_changes_nothing()
    {
        Tell(2, isStarted: true);
        Tell(1, isStarted: false);
        Assert.True(_handler.Until > Environment.TickCount64);
    }

    [Fact]
    public void A_silo_that_is_dead_serves_nothing()
    {
        Tell(1, isStarted: true);
        _member.OnLease(new LeaseState(2, s_live, [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MinValue, IsStarted: true, IsSelfDead: true));
        Assert.Equal(0, _handler.Until);
    }

    [Fact]
    public async Task What_a_dead_silo_publishes_fails()
    {
        _member.OnLease(new LeaseState(1, new HashSet<SiloAddress>(), [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MinValue, IsStarted: true, IsSelfDead: false));
        var before = _member.PublishAsync(StreamNames.Of(s_stream), [1], null, TestContext.Current.CancellationToken).Settled.AsTask();
        Assert.False(before.IsCompleted); // everybody has settled it, but this silo is not valid
        _member.OnLease(new LeaseState(2, s_live, [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MinValue, IsStarted: true, IsSelfDead: true));
        Assert.Contains("declared dead", (await Assert.ThrowsAsync<InvalidOperationException>(() => before)).Message, StringComparison.Ordinal);
        var after = _member.PublishAsync(StreamNames.Of(s_stream), [1], null, TestContext.Current.CancellationToken).Settled.AsTask();
        Assert.Contains("declared dead", (await Assert.ThrowsAsync<InvalidOperationException>(() => after)).Message, StringComparison.Ordinal);
    }

    private void Tell(long revision, bool isStarted)
        => _member.OnLease(new LeaseState(revision, s_live, [], new Dictionary<SiloAddress, TimeSpan>(), _lease.Clock.Now + TimeSpan.FromMinutes(1), isStarted, IsSelfDead: false));

    private static Frame Item(string text) => new(FrameKind.Item, false, s_stream, System.Text.Encoding.UTF8.GetBytes(text));

    private static Batch Create(ulong incarnation, long first, int count, byte[] frames) => new("p", new Incarnation(s_other, incarnation), first, count, null, frames);

    /// <summary>Nobody answers.</summary>
    private sealed class NoNetwork : IMulticastTransport, ILeaseNetwork
    {
        public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch) => new(Never<Acknowledgement>());

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => new(Never<byte[]>());

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
        {
        }

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => new(Never<Promise>());

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => Never<bool>();

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => Never<ClusterRows>();

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken) => Never<ClusterRows>();

        private static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
    }
}
