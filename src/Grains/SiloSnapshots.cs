using McCache.Client;
using McCache.Streaming;

namespace McCache.Grains;

/// <summary>Reads what this silo is at this moment, when somebody asks; between questions it does nothing.</summary>
internal sealed class SiloSnapshots(CacheMember member, SiloLease lease, MulticastMembers providers, ILocalSiloDetails silo, TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();

    internal SiloSnapshot Read(SnapshotRequest request)
    {
        var held = lease.Read();
        SiloMember[] members = [.. providers.All.OrderBy(provider => provider.Name, StringComparer.Ordinal)];
        return new()
        {
            Name = silo.Name,
            Time = time.GetUtcNow(),
            Uptime = time.GetElapsedTime(_begun),
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            WorkingSetBytes = Environment.WorkingSet,
            ProcessorTime = Environment.CpuUsage.TotalTime,
            IsStarted = held.IsStarted,
            ValidFor = held.ValidFor,
            LeaseDuration = lease.Times.Duration,
            MembershipVersion = held.Version.Value,
            MembershipChanged = held.ViewTaken,
            Promises = held.Promises,
            Lanes = [.. members.SelectMany(provider => provider.ReadLanes())],
            Providers = [.. members.Select(provider => provider.Read())],
            Clients = members.Sum(provider => provider.Clients),
            Caches = [.. member.Caches.Select(cache => cache.Read(request.DigestsOf.Contains(cache.Name), request.TopKeysOf.Contains(cache.Name)))],
            Events = lease.Events.After(request.EventsAfter.GetValueOrDefault(silo.SiloAddress)),
        };
    }
}
