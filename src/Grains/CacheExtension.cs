using McCache.Client;

namespace McCache.Grains;

/// <summary>Answers for the caches of the silo where it runs.</summary>
internal sealed class CacheExtension(CacheMember member) : ICacheExtension
{
    public ValueTask<IReadOnlyList<CacheStatistics>> GetStatisticsAsync() => new(member.Caches.Select(cache => cache.Statistics).ToArray());

    public ValueTask<ulong> GetDigestAsync(string cache) => new(member.Find(cache).Digest());

    public ValueTask<CacheEntryMetadata?> GetMetadataAsync<TKey>(string cache, TKey key)
        where TKey : notnull
        => new(member.Find<TKey>(cache).GetMetadata(key));

    public ValueTask<bool> EvictAsync<TKey>(string cache, TKey key)
        where TKey : notnull
        => new(member.Find<TKey>(cache).Evict(key));

    public ValueTask ClearAsync(string cache)
    {
        member.Find(cache).Clear();
        return default;
    }
}
