using Orleans.Runtime.Services;

namespace McCache.Streaming;

/// <summary>Reaches the promise endpoints of other silos, and the cluster's membership, by Orleans' own means.</summary>
internal sealed class LeaseNetwork(IServiceProvider services, ILocalSiloDetails self, IClusterMembershipService membership, SealedCalls calls)
    : GrainServiceClient<IPromiseEndpoint>(services), ILeaseNetwork
{
    private readonly Lazy<IMembershipTable> _table = new(services.GetRequiredService<IMembershipTable>);

    public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration) => calls.AreOn
        ? AskSealedAsync<Promise>(silo, new PromiseMessage(self.SiloAddress, version, duration))
        : GetGrainService(silo).Ask(self.SiloAddress, version, duration);

    public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => calls.AreOn
        ? AskSealedAsync<bool>(silo, new GoodbyeMessage(self.SiloAddress, isDrained)).AsTask()
        : GetGrainService(silo).Goodbye(self.SiloAddress, isDrained);

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

    private ValueTask<T> AskSealedAsync<T>(SiloAddress silo, object question) => calls.AskAsync<T>(SealedCalls.Label(silo, isPromise: true), question, GetGrainService(silo).Sealed);

    internal static ClusterRows ToRows(ClusterMembershipSnapshot view) => new(view.Version, view.Members.ToDictionary(member => member.Key, member => member.Value.Status));
}
