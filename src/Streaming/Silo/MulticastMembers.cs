using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Streaming;

/// <summary>The members of this silo, one for each provider: whatever comes for the silo goes to all, whatever comes for a provider to its own.</summary>
internal sealed class MulticastMembers
{
    private const int MaxUnknown = 64;
    private readonly FrozenDictionary<string, SiloMember> _members;
    private readonly HashSet<string> _unknown = [];
    private readonly ILogger _log;
    private long _unknownBatches;

    public MulticastMembers(
        IEnumerable<MulticastRegistration> registrations,
        IOptionsMonitor<MulticastOptions> options,
        ILocalSiloDetails silo,
        SiloLease lease,
        IMulticastTransport transport,
        ILoggerFactory loggers,
        IClientAccess? access = null)
    {
        _log = loggers.CreateLogger<MulticastMember>();
        _members = registrations.DistinctBy(registration => registration.Name).ToFrozenDictionary(
            registration => registration.Name,
            registration => new SiloMember(registration.Name, silo.SiloAddress, lease, transport, options.Get(registration.Name), _log) { Access = access });
        lease.Changed = OnLease;
        lease.ClocksParted = OnClocksParted;
    }

    internal IEnumerable<SiloMember> All => _members.Values;

    /// <summary>Batches for providers that this silo does not have.</summary>
    internal long UnknownBatches => Volatile.Read(ref _unknownBatches);

    internal SiloMember? Find(string name) => _members.GetValueOrDefault(name);

    /// <summary>Hands a batch to its provider. What is for a provider that this silo does not have is applied and settled: nobody here listens.</summary>
    internal Acknowledgement Receive(Batch batch)
    {
        if (Find(batch.Provider) is { } member)
            return member.Receive(batch);
        Interlocked.Increment(ref _unknownBatches);
        lock (_unknown)
        {
            if (_unknown.Count < MaxUnknown && _unknown.Add(batch.Provider))
                _log.ProviderUnknown(batch.Provider, batch.Publisher.Silo);
        }

        var last = batch.First + batch.Count - 1;
        return new(0, last, last, null);
    }

    private void OnLease(LeaseState lease)
    {
        foreach (var member in All)
            member.OnLease(lease);
    }

    private void OnClocksParted()
    {
        foreach (var member in All)
            member.OnClocksParted();
    }
}
