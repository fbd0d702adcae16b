namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    private readonly ReadCounters _reads = new();
    private long _fills, _brokenFlights, _oversizedFills, _droppedNotifications, _oversizedValues, _forgottenTombstones, _unreadableValues;

    /// <summary>What has been counted since the cache was made.</summary>
    internal CacheStatistics Statistics
    {
        get
        {
            var (hits, misses) = _reads.Sum();
            lock (_lock)
            {
                return new()
                {
                    Name = Name,
                    Entries = _map.Count,
                    Bytes = _bytes,
                    Hits = hits,
                    Misses = misses,
                    Fills = _fills,
                    Inserts = Changes(CacheChangeKind.Inserted),
                    Updates = Changes(CacheChangeKind.Updated),
                    Removals = Changes(CacheChangeKind.Removed),
                    Invalidations = Changes(CacheChangeKind.Invalidated),
                    Evictions = Changes(CacheChangeKind.Evicted),
                    Expirations = Changes(CacheChangeKind.Expired),
                    BrokenFlights = _brokenFlights,
                    OversizedFills = _oversizedFills,
                    Spikes = _spikes,
                    MeanSpikeInterval = _spikes == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds((double)_spikeTime / _spikes),
                    DroppedNotifications = _droppedNotifications + _watchers.Sum(watcher => watcher.Dropped),
                    Tombstones = _absent.Count,
                    OversizedValues = _oversizedValues,
                    ForgottenTombstones = _forgottenTombstones,
                    UnreadableValues = _unreadableValues,
                };
            }

            long Changes(CacheChangeKind kind) => _changes[(int)kind];
        }
    }

    /// <summary>A factory ran to its end for one caller, and its result was not cached because the cache did not serve, or because waiting would have closed a circle.</summary>
    private void CountLoneFill()
    {
        lock (_lock)
        {
            _fills++;
            _brokenFlights++;
        }
    }
}
