using System.Net;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Streaming.Tests;

/// <summary>What a member does with what comes, good or bad.</summary>
public sealed class ReceivingTests
{
    private static readonly StreamId s_stream = StreamId.Create("tests", "receiving");
    private static readonly SiloAddress s_other = SiloAddress.New(IPAddress.Loopback, 2, 2);
    private readonly RecordingHandler _handler = new();
    private readonly MulticastMember _member;

    public ReceivingTests()
    {
        _member = new("p", SiloAddress.New(IPAddress.Loopback, 1, 1), new NoTransport(), new MulticastOptions(), TimeProvider.System, NullLogger.Instance);
        _member.Attach(s_stream, _handler);
    }

    [Fact]
    public void Bytes_from_anywhere_never_throw_and_are_counted()
        => Gen.Select(Gen.Byte.Array[0, 100], Gen.Int[0, 5], Gen.ULong).Sample((bytes, count, id) =>
        {
            var acknowledgement = _member.Receive(new Batch("p", new Incarnation(s_other, id), 1, count, null, bytes));
            Assert.Equal(count, acknowledgement.Applied); // or it would be sent again for ever
        });

    [Fact]
    public async Task What_could_be_read_is_applied_and_the_rest_is_a_gap()
    {
        var acknowledgement = _member.Receive(Create(1, 1, 3, [.. Frame("one"), .. Frame("two"), 1, 2, 3]));
        Assert.Equal(3, acknowledgement.Applied);
        Assert.Equal(["one", "two", "gap"], [await _handler.NextAsync(), await _handler.NextAsync(), await _handler.NextAsync()]);
        Assert.Equal(3, Volatile.Read(ref _member.Counters.RefusedBytes) - (2 * Frame("one").Length));
    }

    [Fact]
    public async Task A_kind_that_is_not_known_is_a_gap_of_its_stream()
    {
        _member.Receive(Create(1, 1, 1, new Frame((FrameKind)99, false, s_stream, []).Bytes));
        Assert.Equal("gap", await _handler.NextAsync());
    }

    [Fact]
    public async Task Another_incarnation_of_a_publisher_is_a_gap_of_everything()
    {
        _member.Receive(Create(1, 1, 1, Frame("one")));
        var before = _member.Receive(Create(1, 2, 1, Frame("two")));
        var after = _member.Receive(Create(2, 1, 1, Frame("three")));
        Assert.Equal(["one", "two", "gap", "three"], [await _handler.NextAsync(), await _handler.NextAsync(), await _handler.NextAsync(), await _handler.NextAsync()]);
        Assert.Equal(1, after.Applied);
        Assert.NotEqual(before.Receiver, after.Receiver);
    }

    [Fact]
    public async Task A_handler_that_throws_in_spite_of_its_contract_has_a_gap()
    {
        _handler.OnApply = _ => throw new InvalidOperationException("on purpose");
        Assert.Equal(1, _member.Receive(Create(1, 1, 1, Frame("one"))).Applied);
        Assert.Equal("gap", await _handler.NextAsync());
        Assert.Equal(1, Volatile.Read(ref _member.Counters.HandlerFailures));
    }

    [Fact]
    public void Serving_is_told_to_handlers_that_come_before_and_after()
    {
        Assert.Equal(0, _handler.Until);
        _member.Start();
        var late = new RecordingHandler();
        _member.Attach(StreamId.Create("tests", "late"), late);
        Assert.Equal((long.MaxValue, long.MaxValue), (_handler.Until, late.Until));
        _member.BeginStop();
        Assert.Equal((0, 0), (_handler.Until, late.Until));
    }

    private static byte[] Frame(string text) => new Frame(FrameKind.Item, false, s_stream, System.Text.Encoding.UTF8.GetBytes(text)).Bytes;

    private static Batch Create(ulong incarnation, long first, int count, byte[] frames) => new("p", new Incarnation(s_other, incarnation), first, count, null, frames);

    private sealed class NoTransport : IMulticastTransport
    {
        public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch) => throw new NotSupportedException();

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement) => throw new NotSupportedException();
    }
}
