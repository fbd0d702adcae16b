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

    /// <summary>Something newer somewhere, so far ahead of this member's wall clock that it cannot get past it.</summary>
    OutOfReach = 3,
}

/// <summary>
/// An awaited frame on its way: complete when it is settled at every place where it went. The places hold it one by one, and the publisher holds it until all of them do.
/// </summary>
internal sealed class PendingPublish(Action<PendingPublish> onSettled, bool isTraced = false) : IAwaited
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holds = 1;
    private int _settlement; // the worst of what it has met

    internal Task Completion => _completion.Task;

    /// <summary>Whether somebody wants to know which silo is the last; see <see cref="TracedPlace"/>.</summary>
    internal bool IsTraced => isTraced;

    /// <summary>The silo that was the last to settle it, if it is traced and went to any.</summary>
    internal SiloAddress? Slowest { get; set; }

    /// <summary>The caller has given up, or everything is over.</summary>
    public bool IsAbandoned { get; internal set; }

    /// <summary>What the frame met, once it is settled everywhere.</summary>
    internal Settlement Settlement => (Settlement)Volatile.Read(ref _settlement);

    /// <inheritdoc/>
    public void Overrule(Settlement by)
    {
        for (int seen = Volatile.Read(ref _settlement), before; seen < (int)by; seen = before)
        {
            before = Interlocked.CompareExchange(ref _settlement, (int)by, seen);
            if (before == seen)
                break;
        }
    }

    /// <inheritdoc/>
    public void Hold() => Interlocked.Increment(ref _holds);

    /// <inheritdoc/>
    public void Refuse(string reason) => Fail(new InvalidOperationException(reason));

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
