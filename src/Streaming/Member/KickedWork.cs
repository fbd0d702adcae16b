namespace McCache.Streaming;

/// <summary>Work that runs on a queue, the thread pool unless a test has its own, after it was kicked: never twice at a time, and once more when it was kicked while it ran.</summary>
internal abstract class KickedWork(Action<IThreadPoolWorkItem> queue) : IThreadPoolWorkItem
{
    internal static readonly Action<IThreadPoolWorkItem> OnThreadPool = static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    private int _kicks;

    /// <summary>Quick and safe under any lock. Nothing of the caller's context (request context, grain) flows into the work.</summary>
    internal void Kick()
    {
        if (Interlocked.Increment(ref _kicks) == 1)
            queue(this);
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
