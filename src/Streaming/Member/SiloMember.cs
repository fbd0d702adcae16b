using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>
/// This silo as a member of one multicast provider: publishes its frames to every other live silo and to its own clients, and keeps, from the cluster's membership, who the others are.
/// Lanes are its own, so that no other provider's flood can fill or delay them.
/// </summary>
internal sealed partial class SiloMember : MulticastMember, IReplicaChannel
{
    private readonly Relay _relay;
    private readonly Random _identities;

    internal SiloMember(string name, SiloAddress silo, SiloLease lease, IMulticastTransport transport, MulticastOptions options, ILogger log, Random? identities = null)
        : base(name, options, lease.Clock, lease.Stamps, lease.Random, lease.Queue, log, lease.Events)
    {
        (Lease, Transport) = (lease, transport);
        _identities = identities ?? Random.Shared;
        Incarnation = new Incarnation(silo, NewRandom());
        _relay = new Relay(this);
    }

    internal Incarnation Incarnation { get; }

    internal SiloLease Lease { get; }

    public SiloAddress Silo => Incarnation.Silo;

    public ulong Member => Incarnation.Id;

    public CoherenceEvents Events => Lease.Events;

    public TimeSpan Renewal => Lease.Times.Renewal;

    internal IMulticastTransport Transport { get; }

    /// <summary>Frames that wait on the lanes, all together.</summary>
    internal long LaneDepth => _peers.Values.Sum(peer => (long)peer.Depth) + _clients.Values.Sum(client => (long)client.Depth);

#pragma warning disable CA5394 // It has to be different, not secret.
    private ulong NewRandom() => (ulong)_identities.NextInt64();
#pragma warning restore CA5394
}
