using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>
/// This silo as a member of one multicast provider: publishes its frames to every other live silo, hands theirs to whoever listens here, and keeps, from the cluster's
/// membership, who the others are. Lanes are its own, so that no other provider's flood can fill or delay them.
/// </summary>
/// <remarks>
/// Locks are taken in the order: publishing, a peer's gate or a subscription's, pending. None is held while a handler, an observer or the network is called, except that
/// <see cref="IFrameHandler.Serve"/> is called under a lock of its own, without which two changes of the state could arrive in the wrong order.
/// </remarks>
internal sealed partial class MulticastMember : IMulticastChannel
{
    private readonly Relay _relay;
    private readonly Random _identities;

    internal MulticastMember(string name, SiloAddress silo, SiloLease lease, IMulticastTransport transport, MulticastOptions options, ILogger log, Random? identities = null)
    {
        (Name, Lease, Transport, Options, Log) = (name, lease, transport, options, log);
        _identities = identities ?? Random.Shared;
        Incarnation = new Incarnation(silo, NewRandom());
        _relay = new Relay(this);
        LaneLimits = new LaneLimits(options.MaxLaneFrames, options.MaxLaneBytes);
    }

    internal string Name { get; }

    internal Incarnation Incarnation { get; }

    internal SiloLease Lease { get; }

    internal MemberClock Clock => Lease.Clock;

    public HybridClock Stamps => Lease.Stamps;

    public SiloAddress Silo => Incarnation.Silo;

    public ulong Member => Incarnation.Id;

    public Random Random => Lease.Random;

    public TimeSpan Renewal => Lease.Times.Renewal;

    internal LaneLimits LaneLimits { get; }

    internal MulticastOptions Options { get; }

    internal IMulticastTransport Transport { get; }

    internal MulticastCounters Counters { get; } = new();

    internal StreamTable Streams { get; } = new();

    internal ILogger Log { get; }

    /// <summary>For what is logged about bytes that make no sense.</summary>
    internal Throttle Refusals { get; } = new();

    /// <summary>Frames that wait on the lanes, all together.</summary>
    internal long LaneDepth => _peers.Values.Sum(peer => (long)peer.Depth);

    internal MulticastStatistics GetStatistics() => Counters.Read();

#pragma warning disable CA5394 // It has to be different, not secret.
    private ulong NewRandom() => (ulong)_identities.NextInt64();
#pragma warning restore CA5394
}
