namespace McCache.Streaming;

/// <summary>
/// What a publisher has sent that it has not yet said all others have: kept for the others, who would never hear of it if the publisher died half-way. Bounded: of what does
/// not fit, only that it was there is remembered. A state machine; not thread-safe.
/// </summary>
internal sealed class UnsettledBatches(long maxBytes)
{
    /// <summary>What a batch takes besides its frames.</summary>
    private const int Overhead = 256;

    private readonly Queue<Batch> _batches = new();
    private long _bytes;
    private long _heard;
    private long _discarded = long.MinValue;

    /// <summary>The number up to which every live member has everything.</summary>
    internal long Settled { get; private set; } = long.MinValue;

    /// <summary>Whether anything unsettled was discarded.</summary>
    internal bool HasDiscarded => _discarded > Settled;

    /// <summary>Unsettled batches; the first may begin with frames that are settled.</summary>
    internal IReadOnlyCollection<Batch> Batches => _batches;

    /// <summary>
    /// A stamp up to which every live member has everything; the largest when there is nothing else. 0 while it is not known: somebody lacks what was discarded, was lost on the way, or was
    /// published before the lane began, and has come here, if at all, with another member's state.
    /// </summary>
    internal long SettledStamp
    {
        get
        {
            var kept = _batches.TryPeek(out var first);
            return (kept ? first!.Before : _heard) > Settled ? 0 : kept && new FrameReader(first!.Frames).TryRead(out var frame) ? frame.Stamp - 1 : long.MaxValue;
        }
    }

    /// <summary>Up to a number every frame of the lane has come, or its loss is known, or was published before the lane began.</summary>
    internal void Hear(long number) => _heard = Math.Max(_heard, number);

    internal void Add(Batch batch)
    {
        _batches.Enqueue(batch with { Gap = null });
        _bytes += SizeOf(batch);
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
        _bytes -= SizeOf(first);
        return first.Last;
    }

    /// <summary>Told on, each of its frames is one on a lane again.</summary>
    private static long SizeOf(Batch batch) => Overhead + batch.Frames.Length + ((long)batch.Count * Frame.Overhead);
}
