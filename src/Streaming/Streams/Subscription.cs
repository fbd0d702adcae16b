namespace McCache.Streaming;

/// <summary>
/// One subscription: a bounded queue, and one thing at a time handed to its observer, in an interleaving turn of the grain that subscribed or else on the thread pool.
/// What overflows is this subscription's gap and nobody else's.
/// </summary>
#pragma warning disable CA1001 // The token source has no timer and no link: there is nothing to dispose of.
internal abstract class Subscription : IThreadPoolWorkItem
#pragma warning restore CA1001
{
    private readonly MulticastMember _member;
    private readonly IWorkItemScheduler? _scheduler;
    private readonly Lock _gate = new();
    private readonly Queue<StreamEvent> _queue = new();
    private readonly CancellationTokenSource _closed = new();
    private int _items;
    private long _bytes;
    private bool _endsWithGap;
    private bool _isRunning;
    private bool _isClosed;

    protected Subscription(MulticastMember member, StreamId stream, IGrainContext? grain)
    {
        (_member, Stream, StreamName, Grain) = (member, stream, StreamNames.Of(stream), grain);
        _scheduler = grain?.Scheduler;
        if (grain is not (null or SystemTarget)) // a system target lives as long as the silo, though its Deactivated says otherwise
            grain.Deactivated.ContinueWith(static (_, self) => ((Subscription)self!).Close(), this, _closed.Token, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    internal Guid Id { get; } = Guid.NewGuid();

    internal StreamId Stream { get; }

    internal byte[] StreamName { get; }

    /// <summary>The activation that subscribed; null outside grains.</summary>
    internal IGrainContext? Grain { get; }

    internal bool IsClosed
    {
        get
        {
            lock (_gate)
                return _isClosed;
        }
    }

    protected MulticastMember Member => _member;

    /// <summary>Never waits, never calls the observer.</summary>
    internal void Enqueue(StreamEvent item)
    {
        List<StreamEvent>? dropped = null;
        lock (_gate)
        {
            if (_isClosed)
                dropped = [item];
            else
            {
                if (_items > 0 && (_items >= _member.Options.MaxQueuedItems || _bytes + item.Payload.Length > _member.Options.MaxQueuedBytes))
                    dropped = DropQueue();
                _queue.Enqueue(item);
                _items++;
                _bytes += item.Payload.Length;
                _endsWithGap = false;
                Schedule();
            }
        }

        Settle(dropped);
    }

    internal void EnqueueGap()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            AddGap();
            Schedule();
        }
    }

    /// <summary>Ends the subscription. What waits counts as handled.</summary>
    internal void Close()
    {
        List<StreamEvent> dropped;
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            dropped = [.. _queue];
            _queue.Clear();
        }

        _closed.Cancel(); // a long-lived grain keeps nothing of a subscription that has ended
        _member.Streams.Remove(this);
        _member.OnForsaken(StreamName);
        Settle(dropped);
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Hands events to the observer: a gap, a completion or an error alone, items as many as it takes at a time. Throws nothing.</summary>
    protected abstract Task HandleAsync(IReadOnlyList<StreamEvent> events);

    /// <summary>How many items the observer takes at a time.</summary>
    protected abstract int MaxItems { get; }

    private List<StreamEvent> DropQueue()
    {
        _member.Counters.AddGap(GapReason.QueueFull);
        List<StreamEvent> dropped = [.. _queue];
        _queue.Clear();
        (_items, _bytes, _endsWithGap) = (0, 0, false);
        AddGap();
        return dropped;
    }

    private void AddGap()
    {
        if (_endsWithGap && _queue.Count > 0)
            return; // one gap, however often it is noted
        _queue.Enqueue(default);
        _endsWithGap = true;
    }

    private void Schedule()
    {
        if (_isRunning)
            return;
        _isRunning = true;
        Continue();
    }

    private void Continue()
    {
        if (_scheduler is null)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else
            _scheduler.QueueAction(static self => _ = ((Subscription)self).RunAsync(), this);
    }

    /// <summary>One turn. The next is queued behind whatever else the grain has to do.</summary>
    private async Task RunAsync()
    {
        if (Take() is not { } events)
            return;
        await HandleAsync(events);
        Settle(events);
        Continue();
    }

    private List<StreamEvent>? Take()
    {
        lock (_gate)
        {
            if (_queue.Count == 0)
            {
                _isRunning = false;
                return null;
            }

            List<StreamEvent> events = [Dequeue()];
            while (events[0].Kind == FrameKind.Item && events.Count < MaxItems && _queue.TryPeek(out var next) && next.Kind == FrameKind.Item)
                events.Add(Dequeue());
            return events;
        }

        StreamEvent Dequeue()
        {
            var item = _queue.Dequeue();
            _items -= item.IsGap ? 0 : 1;
            _bytes -= item.Payload.Length;
            return item;
        }
    }

    private static void Settle(List<StreamEvent>? events)
    {
        foreach (var item in events ?? [])
            item.Awaited?.Settle();
    }
}
