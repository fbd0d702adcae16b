namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    private readonly Func<TKey, TValue, long>? _measure;
    private readonly int _maxEntries;
    private readonly long _maxBytes;
    private AdaptiveS3Fifo _policy; // the one line that names the eviction policy
    private long _bytes;

    private long SizeOf(TKey key, TValue value, in EntryTerms terms) => terms.Size ?? (_measure is null ? SizeEstimate.Of(key, value) : Math.Max(1, _measure(key, value)));

    /// <summary>Brings the cache back within its limits after an entry was written. A few expired ones leave first, and the new entry itself last.</summary>
    private void Trim(Entry written, long now)
    {
        DropExpired(SweptPerWrite, now);
        while (_map.Count > _maxEntries || _bytes > _maxBytes)
        {
            var victim = (Entry)_policy.Evict()!;
            if (victim == written)
            {
                _policy.Add(victim);
            }
            else
            {
                Forget(victim, CacheChangeKind.Evicted, now);
            }
        }
    }
}
