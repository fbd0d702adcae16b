namespace McCache.Streaming;

/// <summary>Work that runs on the thread pool after it was kicked: never twice at a time, and once more when it was kicked while it ran.</summary>
internal abstract class KickedWork : IThreadPoolWorkItem
{
    private int _kicks;

    /// <summary>Quick and safe under any lock. Nothing of the caller's context (request context, grain) flows into the work.</summary>
    internal void Kick()
    {
        if (Interlocked.Increment(ref _kicks) == 1)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _kicks);
            Run();
        }
        while (Interlocked.Add(ref _kicks, -seen) != 0);
    }

    /// <summary>Does what there is to do. Throws nothing.</summary>
    protected abstract void Run();
}
