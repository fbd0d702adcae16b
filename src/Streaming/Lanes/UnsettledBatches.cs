namespace McCache.Streaming;

/// <summary>
/// What a publisher has sent that it has not yet said all others have: kept for the others, who would never hear of it if the publisher died half-way. Bounded: of what does
/// not fit, only that it was there is remembered. A state machine; not thread-safe.
/// </summary>
internal sealed class UnsettledBatches(long maxBytes)
{
    private readonly Queue<Batch> _batches = new();
    private long _bytes;
    private long _discarded;

    /// <summary>The number up to which every live member has everything.</summary>
    internal long Settled { get; private set; }

    /// <summary>Whether anything unsettled was discarded.</summary>
    internal bool HasDiscarded => _discarded > Settled;

    /// <summary>Unsettled batches; the first may begin with frames that are settled.</summary>
    internal IReadOnlyCollection<Batch> Batches => _batches;

    /// <summary>A stamp up to which every live member has everything; the largest when there is nothing else.</summary>
    internal long SettledStamp => HasDiscarded ? 0 : _batches.TryPeek(out var first) && new FrameReader(first.Frames).TryRead(out var frame) ? frame.Stamp - 1 : long.MaxValue;

    internal void Add(Batch batch)
    {
        _batches.Enqueue(batch);
        _bytes += batch.Frames.Length;
        while (_bytes > maxBytes)
            _discarded = RemoveFirst();
    }

    /// <summary>The publisher says how far all are. It never takes that back.</summary>
    internal void SettleTo(long number)
    {
        Settled = Math.Max(Settled, number);
        while (_batches.TryPeek(out var first) && first.Last <= Settled)
            RemoveFirst();
    }

    private long RemoveFirst()
    {
        var first = _batches.Dequeue();
        _bytes -= first.Frames.Length;
        return first.Last;
    }
}
