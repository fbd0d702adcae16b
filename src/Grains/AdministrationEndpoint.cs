using McCache.Client;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace McCache.Grains;

/// <summary>Where a silo is asked about its own caches by the silo that was asked about all.</summary>
[Alias("McCache.IAdministrationEndpoint")]
internal interface IAdministrationEndpoint : IGrainService
{
    [Alias("GetStatistics"), ResponseTimeout("00:00:03")]
    ValueTask<IReadOnlyList<CacheStatistics>> GetStatistics();

    [Alias("GetDigest"), ResponseTimeout("00:00:03")]
    ValueTask<ulong> GetDigest(string cache);

    [Alias("GetMetadata"), ResponseTimeout("00:00:03")]
    ValueTask<CacheEntryMetadata?> GetMetadata<TKey>(string cache, TKey key)
        where TKey : notnull;

    [Alias("Evict"), ResponseTimeout("00:00:03")]
    ValueTask<bool> Evict<TKey>(string cache, TKey key)
        where TKey : notnull;

    [Alias("EvictAll"), ResponseTimeout("00:00:03")]
    ValueTask<int> EvictAll(string cache);

    [Alias("GetSnapshot"), ResponseTimeout("00:00:01.500")] // Orleans notices within another second, and people wait for it
    ValueTask<SiloSnapshot> GetSnapshot(SnapshotRequest request);

    [Alias("GetKeys"), ResponseTimeout("00:00:03")]
    ValueTask<KeyPage> GetKeys(string cache, int skip, int count);

    [Alias("GetMetadataByText"), ResponseTimeout("00:00:03")]
    ValueTask<CacheEntryMetadata?> GetMetadataByText(string cache, string key);

    [Alias("EvictByText"), ResponseTimeout("00:00:03")]
    ValueTask<bool> EvictByText(string cache, string key);

    [Alias("Repair"), ResponseTimeout("00:00:08")]
    ValueTask<bool> Repair(string cache);
}

/// <inheritdoc cref="IAdministrationEndpoint"/>
/// <remarks>What is O(n) runs on the thread pool, so that it holds up no other question.</remarks>
internal sealed class AdministrationEndpoint(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, CacheMember member, SiloSnapshots snapshots)
    : GrainService(id, silo, loggers), IAdministrationEndpoint
{
    public ValueTask<IReadOnlyList<CacheStatistics>> GetStatistics() => new(member.Caches.Select(cache => cache.Statistics).ToArray());

    public ValueTask<ulong> GetDigest(string cache) => new(Task.Run(member.Find(cache).Digest));

    public ValueTask<CacheEntryMetadata?> GetMetadata<TKey>(string cache, TKey key)
        where TKey : notnull
        => new(member.Find<TKey>(cache).GetMetadata(key));

    public ValueTask<bool> Evict<TKey>(string cache, TKey key)
        where TKey : notnull
        => new(member.Find<TKey>(cache).Evict(key));

    public ValueTask<int> EvictAll(string cache)
    {
        var found = member.Find(cache);
        return new(Task.Run(() =>
        {
            var entries = found.Statistics.Entries;
            found.Clear();
            return entries;
        }));
    }

    public ValueTask<SiloSnapshot> GetSnapshot(SnapshotRequest request) => new(Task.Run(() => snapshots.Read(request)));

    public ValueTask<KeyPage> GetKeys(string cache, int skip, int count) => new(Task.Run(() => member.Find(cache).Browse(skip, count)));

    public ValueTask<CacheEntryMetadata?> GetMetadataByText(string cache, string key) => new(member.Find(cache).GetMetadataByText(key));

    public ValueTask<bool> EvictByText(string cache, string key) => new(member.Find(cache).EvictByText(key));

    public ValueTask<bool> Repair(string cache) => new(Task.Run(() => member.Find(cache).MendAsync().AsTask()));
}

/// <summary>Reaches the administration endpoints of the live silos.</summary>
internal sealed class AdministrationClient(IServiceProvider services, IClusterMembershipService membership) : GrainServiceClient<IAdministrationEndpoint>(services)
{
    /// <summary>The silos that are active as far as this one knows, itself included.</summary>
    internal IEnumerable<SiloAddress> Live
        => membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress).Order();

    internal IAdministrationEndpoint this[SiloAddress silo] => GetGrainService(silo);
}
