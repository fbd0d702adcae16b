namespace McCache.Streaming;

/// <summary>What an awaited frame has met at the places where it went.</summary>
internal enum Settlement
{
    /// <summary>Nothing newer anywhere.</summary>
    Clean = 0,

    /// <summary>Something newer somewhere, which this member's clock is past by now.</summary>
    Overruled = 1,

    /// <summary>A place has gone, or the frame was lost there: it is not known what it would have met.</summary>
    Unknown = 2,
}

/// <summary>
/// An awaited frame on its way: complete when it is settled at every place where it went. The places hold it one by one, and the publisher holds it until all of them do.
/// </summary>
internal sealed class PendingPublish(Action<PendingPublish> onSettled) : IAwaited
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holds = 1;
    private int _overruled; // 0 by nothing, 1 by something newer, 2 perhaps by something that nobody has told of

    internal Task Completion => _completion.Task;

    /// <summary>The caller has given up, or everything is over.</summary>
    public bool IsAbandoned { get; internal set; }

    /// <summary>What the frame met, once it is settled everywhere.</summary>
    internal Settlement Settlement => (Settlement)Volatile.Read(ref _overruled);

    /// <inheritdoc/>
    public void Overrule(bool isKnown)
    {
        if (isKnown)
            Interlocked.CompareExchange(ref _overruled, (int)Settlement.Overruled, (int)Settlement.Clean);
        else
            Volatile.Write(ref _overruled, (int)Settlement.Unknown);
    }

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
