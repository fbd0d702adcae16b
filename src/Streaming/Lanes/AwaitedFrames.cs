namespace McCache.Streaming;

/// <summary>The frames of one lane whose settling somebody awaits, by stream. Not thread-safe.</summary>
internal sealed class AwaitedFrames
{
    private const int SweepThreshold = 1024;
    private readonly Dictionary<byte[], Queue<(long Sequence, IAwaited Awaited)>> _streams = new(StreamNames.Comparer);
    private int _sweepAt = SweepThreshold;

    internal int Count { get; private set; }

    internal void Add(ReadOnlySpan<byte> stream, long sequence, IAwaited awaited)
    {
        var streams = _streams.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!streams.TryGetValue(stream, out var queue))
            streams[stream] = queue = new();
        queue.Enqueue((sequence, awaited));
        if (++Count >= _sweepAt)
            Sweep();
    }

    /// <summary>Settles what an acknowledgement says is settled.</summary>
    /// <returns>Whether anything was.</returns>
    internal bool Settle(Acknowledgement acknowledgement)
    {
        var before = Count;
        if (before == 0)
            return false;
        if (acknowledgement is not { Overruled: null, Unknown: null, Refused: null })
            Note(acknowledgement); // whether they are settled by now or later
        foreach (var (stream, queue) in _streams)
            SettleTo(queue, Math.Min(SettledOf(stream, acknowledgement), acknowledgement.Applied));
        RemoveEmpty();
        return Count < before;
    }

    /// <summary>The receiver has left: nothing more will come from it.</summary>
    internal void SettleAll()
    {
        Lose(0);
        foreach (var queue in _streams.Values)
            SettleTo(queue, long.MaxValue);
        _streams.Clear();
    }

    /// <summary>Frames above a sequence number never got there, or it is not known what became of them.</summary>
    internal void Lose(long above)
    {
        foreach (var (sequence, awaited) in _streams.Values.SelectMany(static queue => queue))
        {
            if (sequence > above)
                awaited.Overrule(Settlement.Unknown);
        }
    }

    private static long SettledOf(byte[] stream, Acknowledgement acknowledgement)
    {
        foreach (var lag in acknowledgement.Lagging ?? [])
        {
            if (StreamNames.Comparer.Equals(lag.Stream, stream))
                return lag.Lowest - 1;
        }

        return acknowledgement.Floor;
    }

    private void RemoveEmpty()
    {
        foreach (var (stream, queue) in _streams)
        {
            if (queue.Count == 0)
                _streams.Remove(stream);
        }
    }

    private void SettleTo(Queue<(long Sequence, IAwaited Awaited)> queue, long sequence)
    {
        while (queue.TryPeek(out var first) && first.Sequence <= sequence)
        {
            queue.Dequeue();
            Count--;
            first.Awaited.Settle();
        }
    }

    private void Note(Acknowledgement acknowledgement)
    {
        var overruled = (acknowledgement.Overruled ?? []).ToHashSet();
        var unknown = (acknowledgement.Unknown ?? []).ToHashSet();
        var refused = (acknowledgement.Refused ?? []).DistinctBy(refusal => refusal.Sequence).ToDictionary(refusal => refusal.Sequence, refusal => refusal.Reason);
        foreach (var (sequence, awaited) in _streams.Values.SelectMany(static queue => queue))
        {
            if (overruled.Contains(sequence))
                awaited.Overrule(acknowledgement.Stamp == Acknowledgement.OutOfReach ? Settlement.OutOfReach : Settlement.Overruled);
            if (unknown.Contains(sequence))
                awaited.Overrule(Settlement.Unknown);
            if (refused.TryGetValue(sequence, out var reason))
                awaited.Refuse(reason);
        }
    }

    /// <summary>Forgets those whom nobody waits for any more, so that callers who give up again and again at a receiver that hangs leave nothing behind.</summary>
    private void Sweep()
    {
        foreach (var queue in _streams.Values)
        {
            for (var left = queue.Count; left > 0; left--)
            {
                var item = queue.Dequeue();
                if (item.Awaited.IsAbandoned)
                    Count--;
                else
                    queue.Enqueue(item);
            }
        }

        RemoveEmpty();
        _sweepAt = Math.Max(SweepThreshold, Count * 2);
    }
}
