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
        if (World.Off is Rule.MinVersion or Rule.MinVersionAndViewGate)
            version = MembershipVersion.MinValue;
        var promise = await World.CallAsync(this, silo, AskTimeout, (SimulatedSilo target) => target.Lease.OnAskAsync(Address, version, duration));
        Hear(askedAt);
        if (promise.IsGranted)
        {
            _promisers.Add(silo);
            _arrivals[silo] = Lease.Clock.Now;
        }
        else
        {
            World.Tally.Add(Seen.AskRefused);
        }

        return World.Off is Rule.ViewGate or Rule.MinVersionAndViewGate ? promise with { Version = MembershipVersion.MinValue } : promise;
    }

    async Task ILeaseNetwork.SayGoodbyeAsync(SiloAddress silo, bool isDrained)
    {
        await World.CallAsync(this, silo, GoodbyeTimeout, (SimulatedSilo target) =>
        {
            target.Lease.OnGoodbye(Address, isDrained);
            return ValueTask.FromResult(true);
        });
    }

    async Task<ClusterRows> ILeaseNetwork.RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken)
    {
        var read = World.ReadTable(this);
        using var registration = cancellationToken.Register(() => read.TrySetCanceled(cancellationToken));
        return await read.Task;
    }

    async Task<ClusterRows> ILeaseNetwork.ReadTableAsync(CancellationToken cancellationToken)
    {
        var askedAt = Lease.Clock.Now;
        var rows = await World.ReadTable(this).Task;
        Hear(askedAt);
        if (World.Off == Rule.FreshView && !_hasRead)
        {
            var old = rows.Silos.Take(rows.Silos.Count / 2).Append(new(Address, SiloStatus.Active)).DistinctBy(row => row.Key).ToDictionary();
            rows = new(new MembershipVersion(rows.Version.Value - 1), old);
        }

        _hasRead = true;
        return rows;
    }

    async ValueTask<Acknowledgement> IMulticastTransport.DeliverAsync(SiloAddress destination, Batch batch)
    {
        if (World.Off == Rule.Relay)
            batch = batch with { Settled = long.MaxValue };
        if (World.Off == Rule.Earlier)
            batch = batch with { Before = 0, Last = batch.Count == 0 ? 0 : batch.Last };
        var call = World.CallAsync(this, destination, DeliverTimeout, (SimulatedSilo target) => ValueTask.FromResult(target.Member.Receive(batch)));
        if (CrashesWriting && batch.Count > 0 && Random.Next(2) == 0)
        {
            World.Tally.Add(Seen.CrashedMidMulticast);
            Crash();
        }

        var acknowledgement = await call;
        return World.Off == Rule.Overrule ? acknowledgement with { Overruled = null } : acknowledgement;
    }

    ValueTask<byte[]> IMulticastTransport.AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request)
        => World.CallAsync(this, destination, AnswerTimeout, (SimulatedSilo target) => ValueTask.FromResult(target.Member.Answer(stream, request)));

    void IMulticastTransport.SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
        => World.Send(Address, publisher.Silo, (SimulatedSilo target) => target.Member.OnSettled(publisher, receiver, acknowledgement));

    private SiloLease NewLease(ILeaseNetwork network) => new(
        Address, Times, World.Plan.IsReplicated ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(5), network, Time, Random, NullLogger.Instance, work => After(0, work.Execute));

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
