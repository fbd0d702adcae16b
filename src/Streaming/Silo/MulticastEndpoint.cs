using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <inheritdoc cref="IMulticastEndpoint"/>
/// <remarks>Its turns are short and call no user code: frame handlers apply at once, everything else goes to the queue of a subscription.</remarks>
#pragma warning disable CS9107 // The base class keeps its own.
internal sealed class MulticastEndpoint(
    GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, MulticastMembers members, IClusterMembershipService membership)
    : GrainService(id, silo, loggers), IMulticastEndpoint
#pragma warning restore CS9107
{
    private static readonly TimeSpan s_refreshTimeout = TimeSpan.FromSeconds(4);

    public ValueTask<Acknowledgement> Deliver(Batch batch) => new(members.Receive(batch));

    public Task Settled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
    {
        members.Find(provider)?.OnSettled(publisher, receiver, acknowledgement);
        return Task.CompletedTask;
    }

    public async ValueTask<bool> Attach(SiloAddress asker, MembershipVersion version)
    {
        using var timeout = new CancellationTokenSource(s_refreshTimeout, members.Time);
        await membership.Refresh(version, timeout.Token);
        var view = membership.CurrentSnapshot;
        members.Observe(view);
        return view.Version >= version && MulticastMember.IsLive(view.GetSiloStatus(asker));
    }
}
