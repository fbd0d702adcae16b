namespace McCache.Streaming;

/// <summary>What has happened lately to what this silo serves: the newest events, a bounded number. Thread-safe.</summary>
internal sealed class CoherenceEvents(TimeProvider time)
{
    private const int Capacity = 128;
    private static readonly TimeSpan s_inARow = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<CoherenceEvent> _events = new();
    private CoherenceEvent? _last; // not in the queue yet
    private long _number;

    /// <summary>Takes note of an event. The same again within a second counts as one that has happened several times.</summary>
    /// <param name="kind">What has happened.</param>
    /// <param name="cause">Why, in words; never a key.</param>
    /// <param name="silo">The other silo.</param>
    /// <param name="cache">The cache; null for all.</param>
    internal void Add(CoherenceEventKind kind, string cause, SiloAddress? silo = null, string? cache = null)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var count = 1;
            if (_last is { } last)
            {
                if (last.Kind == kind && last.Cause == cause && Equals(last.Silo, silo) && last.Cache == cache && now - last.Time < s_inARow)
                    count = last.Count + 1;
                else
                    _events.Enqueue(last);
            }

            _last = new(++_number, now, kind, cause, silo, cache, count);
            if (_events.Count == Capacity)
                _events.Dequeue();
        }
    }

    /// <summary>The events after one, oldest first.</summary>
    internal IReadOnlyList<CoherenceEvent> After(long number)
    {
        lock (_gate)
            return _last is null || _last.Number <= number ? [] : [.. _events.Where(one => one.Number > number), _last];
    }
}
