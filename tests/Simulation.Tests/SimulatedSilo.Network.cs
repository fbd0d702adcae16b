using McCache.Streaming;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Simulation.Tests;

/// <content>The silo's ends of the network and of the membership.</content>
internal sealed partial class SimulatedSilo : ILeaseNetwork, IMulticastTransport
{
    private const double AskTimeout = 3;
    private const double DeliverTimeout = 3;
    private const double GoodbyeTimeout = 1;
    private const double AnswerTimeout = 3;
    private bool _hasRead;

    /// <summary>Crashes once a batch has been sent to some of the others.</summary>
    internal bool CrashesWriting { get; set; }

    async ValueTask<Promise> ILeaseNetwork.AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration)
    {
        var askedAt = Lease.Clock.Now;
        if (_world.Off is Rule.MinVersion or Rule.MinVersionAndViewGate)
            version = MembershipVersion.MinValue;
        var promise = await _world.CallAsync(this, silo, AskTimeout, target => target.Lease.OnAskAsync(Address, version, duration));
        Hear(askedAt);
        if (promise.IsGranted)
        {
            _promisers.Add(silo);
            _arrivals[silo] = Lease.Clock.Now;
        }
        else
        {
            _world.Tally.Add(Seen.AskRefused);
        }

        return _world.Off is Rule.ViewGate or Rule.MinVersionAndViewGate ? promise with { Version = MembershipVersion.MinValue } : promise;
    }

    async Task ILeaseNetwork.SayGoodbyeAsync(SiloAddress silo, bool isDrained)
    {
        await _world.CallAsync(this, silo, GoodbyeTimeout, target =>
        {
            target.Lease.OnGoodbye(Address, isDrained);
            return ValueTask.FromResult(true);
        });
    }

    async Task<ClusterRows> ILeaseNetwork.RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken)
    {
        var read = _world.ReadTable(this);
        using var registration = cancellationToken.Register(() => read.TrySetCanceled(cancellationToken));
        return await read.Task;
    }

    async Task<ClusterRows> ILeaseNetwork.ReadTableAsync(CancellationToken cancellationToken)
    {
        var askedAt = Lease.Clock.Now;
        var rows = await _world.ReadTable(this).Task;
        Hear(askedAt);
        if (_world.Off == Rule.FreshView && !_hasRead)
        {
            var old = rows.Silos.Take(rows.Silos.Count / 2).Append(new(Address, SiloStatus.Active)).DistinctBy(row => row.Key).ToDictionary();
            rows = new(new MembershipVersion(rows.Version.Value - 1), old);
        }

        _hasRead = true;
        return rows;
    }

    async ValueTask<Acknowledgement> IMulticastTransport.DeliverAsync(SiloAddress destination, Batch batch)
    {
        if (_world.Off == Rule.Relay)
            batch = batch with { Settled = long.MaxValue };
        var call = _world.CallAsync(this, destination, DeliverTimeout, target => ValueTask.FromResult(target.Member.Receive(batch)));
        if (CrashesWriting && batch.Count > 0 && Random.Next(2) == 0)
        {
            _world.Tally.Add(Seen.CrashedMidMulticast);
            Crash();
        }

        var acknowledgement = await call;
        return _world.Off == Rule.Overrule ? acknowledgement with { Overruled = null } : acknowledgement;
    }

    ValueTask<byte[]> IMulticastTransport.AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request)
        => _world.CallAsync(this, destination, AnswerTimeout, target => ValueTask.FromResult(target.Member.Answer(stream, request)));

    void IMulticastTransport.SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
        => _world.Send(Address, publisher.Silo, target => target.Member.OnSettled(publisher, receiver, acknowledgement));

    private void Hear(TimeSpan askedAt) => LastHeard = askedAt > LastHeard ? askedAt : LastHeard;

    private SiloLease NewLease(ILeaseNetwork network) => new(
        Address, Times, _world.Plan.IsReplicated ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(5), network, _time, Random, NullLogger.Instance, work => After(0, work.Execute));

    /// <summary>A membership that knows this silo only, for ever.</summary>
    private sealed class AlwaysLive(SiloAddress self) : ILeaseNetwork
    {
        private readonly ClusterRows _rows = new(new MembershipVersion(1), new Dictionary<SiloAddress, SiloStatus> { [self] = SiloStatus.Active });

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => throw new NotSupportedException();

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => Task.CompletedTask;

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => Task.FromResult(_rows);

        public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken) => Task.FromResult(_rows);
    }
}
