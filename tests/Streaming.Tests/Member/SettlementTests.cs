using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Streaming.Tests;

/// <summary>What an awaited frame is said to have met.</summary>
public sealed class SettlementTests : IDisposable
{
    private static readonly StreamId s_stream = StreamId.Create("tests", "settlement");
    private static readonly SiloAddress s_self = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress s_other = SiloAddress.New(IPAddress.Loopback, 2, 2);
    private readonly Wire _wire = new();
    private readonly SiloLease _lease;
    private readonly SiloMember _member;

    public SettlementTests()
    {
        _lease = new SiloLease(s_self, new LeaseTimes(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)), TimeSpan.FromMinutes(1), _wire, TimeProvider.System, new Random(1), NullLogger.Instance);
        _member = new("p", s_self, _lease, _wire, new MulticastOptions(), NullLogger.Instance);
        Tell(1, s_other);
    }

    public void Dispose() => _lease.Dispose();

    [Fact]
    public async Task Nothing_newer_is_clean() => Assert.Equal("Clean", await PublishAsync());

    [Fact]
    public async Task Something_newer_overrules_and_the_clock_is_past_it()
    {
        _wire.NewerStamp = _lease.Stamps.Next() + (1_000L << 16);
        Assert.Equal("Overruled", await PublishAsync());
        Assert.True(_lease.Stamps.Next() > _wire.NewerStamp);
    }

    [Fact]
    public async Task Something_newer_that_is_told_unasked_overrules_and_the_clock_is_past_it()
    {
        _wire.IsLagging = true;
        var publishing = PublishAsync();
        await _wire.Probed.InTime(); // so the first answer has been taken
        var newer = _lease.Stamps.Next() + (1_000L << 16);
        _member.OnSettled(_member.Incarnation, s_other, new(1, 1, 1, null, [1], newer));
        Assert.Equal("Overruled", await publishing);
        Assert.True(_lease.Stamps.Next() > newer);
    }

    [Fact]
    public async Task Something_further_ahead_than_the_skew_is_out_of_reach()
    {
        _wire.NewerStamp = _lease.Stamps.Next() + (61_000L << 16);
        Assert.Equal("OutOfReach", await PublishAsync());
        Assert.True(_lease.Stamps.Next() < _wire.NewerStamp);
    }

    [Fact]
    public async Task What_a_place_that_has_gone_held_is_unknown()
    {
        _wire.IsSilent = true;
        var publishing = PublishAsync();
        await _wire.Asked.InTime();
        Tell(2);
        Assert.Equal("Unknown", await publishing);
    }

    private async Task<string> PublishAsync()
    {
        await _lease.BeginAloneAsync(TestContext.Current.CancellationToken); // valid by the table
        var settled = _member.PublishAsync(StreamNames.Of(s_stream), [1], null, TestContext.Current.CancellationToken).Settled.AsTask();
        await settled.InTime();
        return (await settled).ToString();
    }

    private void Tell(long revision, params SiloAddress[] live) => _member.OnLease(new LeaseState(
        revision, live.ToHashSet(), [], new Dictionary<SiloAddress, TimeSpan>(), TimeSpan.MaxValue, IsStarted: true, IsSelfDead: false));

    private sealed class Wire : IMulticastTransport, ILeaseNetwork
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _probed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal long? NewerStamp { get; set; }

        internal bool IsSilent { get; set; }

        internal bool IsLagging { get; set; }

        internal Task Asked => _asked.Task;

        internal Task Probed => _probed.Task;

        public async ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        {
            _asked.TrySetResult();
            if (IsSilent)
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            var last = batch.First + batch.Count - 1;
            if (batch.Count == 0)
                _probed.TrySetResult();
            if (IsLagging)
                return new(1, last, last, [new Lag(StreamNames.Of(s_stream), 1)]);
            return NewerStamp is { } stamp ? new(1, last, last, null, [last], stamp) : new(1, last, last, null);
        }

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken)
            => Task.FromResult(new ClusterRows(new MembershipVersion(1), new Dictionary<SiloAddress, SiloStatus> { [s_self] = SiloStatus.Active }));

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => ReadTableAsync(cancellationToken);

        public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => throw new NotSupportedException();

        public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement) => throw new NotSupportedException();

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => throw new NotSupportedException();

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => throw new NotSupportedException();
    }
}
