using Orleans.Runtime.Services;

namespace McCache.Streaming;

/// <summary>Reaches the promise endpoints of other silos, and the cluster's membership, by Orleans' own means.</summary>
internal sealed class LeaseNetwork(IServiceProvider services, ILocalSiloDetails self, IClusterMembershipService membership)
    : GrainServiceClient<IPromiseEndpoint>(services), ILeaseNetwork
{
    private readonly Lazy<IMembershipTable> _table = new(services.GetRequiredService<IMembershipTable>);

    public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => GetGrainService(silo).Ask(self.SiloAddress, version, duration);

    public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => GetGrainService(silo).Goodbye(self.SiloAddress, isDrained);

    public async Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken)
    {
        await membership.Refresh(minimum, cancellationToken);
        return ToRows(membership.CurrentSnapshot);
    }

    public async Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken)
    {
        var table = await _table.Value.ReadAllAsync(cancellationToken);
        return new(new MembershipVersion(table.Version.Version), table.Members.ToDictionary(row => row.Item1.SiloAddress, row => row.Item1.Status));
    }

    internal static ClusterRows ToRows(ClusterMembershipSnapshot view) => new(view.Version, view.Members.ToDictionary(member => member.Key, member => member.Value.Status));
}
