namespace McCache.Core;

/// <summary>The changes that one watcher has not seen yet: bounded, the oldest dropped and counted when the watcher falls behind. Disposed by the watcher.</summary>
internal sealed class ChangeQueue<TKey>(Action<CacheChange<TKey>> callback, Action<ChangeQueue<TKey>> onDispose, Action<Exception> onError) : IThreadPoolWorkItem, IDisposable
    where TKey : notnull
{
    /// <summary>The most changes that wait.</summary>
    internal const int Capacity = 1_024;

    private readonly Queue<CacheChange<TKey>> _changes = new(); // guards itself
    private bool _running, _disposed;
    private long _dropped;

    /// <summary>How many changes the watcher has lost.</summary>
    internal long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Adds a change and sees to it that the watcher is called. Runs none of the watcher's code.</summary>
    internal void Add(in CacheChange<TKey> change)
    {
        lock (_changes)
        {
            if (_changes.Count == Capacity)
            {
                _changes.Dequeue();
                _dropped++;
            }

            _changes.Enqueue(change);
            if (_running)
            {
                return;
            }

            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Calls the watcher for what waits; one thread at a time, so in order.</summary>
    public void Execute()
    {
        while (TryTake(out var change))
        {
            try
            {
                callback(change);
            }
            catch (Exception exception)
            {
                onError(exception);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_changes)
        {
            _disposed = true;
            _changes.Clear();
        }

        onDispose(this);
    }

    private bool TryTake(out CacheChange<TKey> change)
    {
        lock (_changes)
        {
            return _running = _changes.TryDequeue(out change) && !_disposed;
        }
    }
}
