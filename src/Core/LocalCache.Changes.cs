namespace McCache.Core;

internal sealed partial class LocalCache<TKey, TValue>
{
    private const long SpikeWithin = 5_000;

    private readonly long _changeWindow;
    private readonly bool _notesReads; // one test on the way of a hit
    private readonly long[] _changes = new long[Enum.GetValues<CacheChangeKind>().Length];
    private ChangeQueue<TKey>[] _watchers = [];
    private long _lastChange = long.MinValue / 2, _spikes, _spikeTime;

    /// <summary>Watches the changes: the callback gets them in order, on the thread pool, outside every lock; see <see cref="ChangeQueue{TKey}"/>.</summary>
    internal IDisposable OnChange(Action<CacheChange<TKey>> callback)
    {
        var queue = new ChangeQueue<TKey>(callback, StopWatching, exception => Log.ChangeCallbackThrew(_logger, Name, exception));
        lock (_lock)
        {
            _watchers = [.. _watchers, queue];
        }

        return queue;
    }

    private void StopWatching(ChangeQueue<TKey> queue)
    {
        lock (_lock)
        {
            if (Array.IndexOf(_watchers, queue) >= 0)
            {
                _watchers = [.. _watchers.Where(other => other != queue)];
                _droppedNotifications += queue.Dropped;
            }
        }
    }

    /// <summary>Counts a change of an entry and tells whoever watches. Called under the writer lock, so that all see one order.</summary>
    private void Changed(Entry entry, CacheChangeKind kind, long now)
    {
        Tally(kind, 1, now);
        if (_watchers.Length > 0)
        {
            uint sinceRead = (uint)now - entry.LastRead;
            var change = new CacheChange<TKey>(entry.Key, kind, entry.LastRead != 0 && sinceRead <= _changeWindow ? TimeSpan.FromMilliseconds(sinceRead) : null);
            foreach (var watcher in _watchers)
            {
                watcher.Add(change);
            }
        }
    }

    /// <summary>Every entry is about to go.</summary>
    private void AllChanged(CacheChangeKind kind, long now)
    {
        if (_watchers.Length == 0 && _map.Count > 0)
        {
            Tally(kind, _map.Count, now);
            return;
        }

        for (var entry = _first; entry is not null; entry = entry.Next)
        {
            Changed(entry, kind, now);
        }
    }

    private void Tally(CacheChangeKind kind, int entries, long now)
    {
        _changes[(int)kind] += entries;
        long interval = Math.Max(0, now - _lastChange); // writers read the clock before they get the lock
        _lastChange += interval;
        if (interval < SpikeWithin)
        {
            _spikes++;
            _spikeTime += interval;
        }

        _spikes += entries - 1;
    }
}
