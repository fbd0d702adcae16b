namespace McCache.Streaming;

/// <summary>
/// An awaited frame on its way: complete when it is settled at every place where it went. The places hold it one by one, and the publisher holds it until all of them do.
/// </summary>
internal sealed class PendingPublish(Action<PendingPublish> onSettled) : IAwaited
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holds = 1;

    internal Task Completion => _completion.Task;

    /// <summary>The caller has given up, or everything is over.</summary>
    public bool IsAbandoned { get; internal set; }

    /// <summary>One more place must settle the frame.</summary>
    internal void Hold() => Interlocked.Increment(ref _holds);

    /// <summary>One place has settled it, or has left.</summary>
    public void Settle()
    {
        if (Interlocked.Decrement(ref _holds) == 0)
            onSettled(this);
    }

    internal void Complete() => _completion.TrySetResult();

    internal void Fail(Exception exception)
    {
        IsAbandoned = true;
        _completion.TrySetException(exception);
        _ = _completion.Task.Exception; // that nobody waits any more is no fault
    }
}
