namespace McCache.Streaming;

/// <summary>What a receiver does with a batch.</summary>
/// <param name="IsAccepted">False for one that comes too early, or makes no sense: nothing of it is to be applied.</param>
/// <param name="Skip">How many of its frames are known already.</param>
/// <param name="Lost">What was lost before it; null for nothing.</param>
internal readonly record struct Admission(bool IsAccepted, int Skip, Gap? Lost);

/// <summary>An awaited frame that subscribers are handling.</summary>
internal sealed class Delivery(byte[] stream, long sequence)
{
    internal byte[] Stream => stream;

    internal long Sequence => sequence;

    internal bool IsSettled { get; set; }
}

/// <summary>
/// The receiving end of a publisher's lane: puts batches in order, drops what came twice, jumps only over a gap, and keeps which awaited frames are not settled. A state
/// machine like <see cref="OutboundLane"/>. Not thread-safe.
/// </summary>
internal sealed class InboundLane(ulong receiver)
{
    internal const int MaxLagging = 64;
    private const int MaxReasons = 64;

    /// <summary>More than anybody has on the way that keeps to the protocol: of the others nothing is said.</summary>
    private const int MaxTold = 64 * 1024;

    private readonly Dictionary<byte[], Queue<Delivery>> _unsettled = new(StreamNames.Comparer);
    private readonly List<(long Sequence, bool IsUnknown, long Until)> _overruled = [];
    private readonly List<(Refusal Refusal, long Until)> _refused = [];
    private readonly Queue<Delivery> _losses = new();
    private long _applied;

    /// <summary>Every frame up to this number has been applied.</summary>
    internal long Applied => _applied;

    /// <summary>Frames that are not settled.</summary>
    internal int Unsettled { get; private set; }

    /// <summary>Looks at a batch's header. Apply what it admits, then <see cref="Commit"/>.</summary>
    internal Admission Admit(Batch batch)
    {
        if (batch.First < 1 || batch.Count < 0 || batch.First > long.MaxValue - batch.Count)
            return default;
        if (batch.Gap is null)
        {
            _overruled.RemoveAll(overruled => overruled.Until <= batch.First);
            _refused.RemoveAll(refused => refused.Until <= batch.First);
        }

        if (batch.First <= _applied + 1)
            return new(true, (int)Math.Min(batch.Count, _applied + 1 - batch.First), null);
        return new(batch.Gap is not null, 0, batch.Gap);
    }

    /// <summary>An admitted batch has been applied.</summary>
    internal void Commit(Batch batch) => _applied = Math.Max(_applied, batch.First + batch.Count - 1);

    /// <summary>An awaited frame has met something newer, or it is not known what it has met. Said with every acknowledgement until the publisher is known to have had one.</summary>
    internal void Overrule(long sequence, bool isUnknown = false)
    {
        if (_overruled.Count < MaxTold && !_overruled.Exists(overruled => overruled.Sequence == sequence && overruled.IsUnknown == isUnknown))
            _overruled.Add((sequence, isUnknown, Heard));
    }

    /// <summary>An awaited frame makes no sense, and its publisher is to know why. Said with every acknowledgement until the publisher is known to have had one.</summary>
    internal void Refuse(long sequence, string reason)
    {
        if (_refused.Count < MaxTold)
            _refused.Add((new(sequence, _refused.Count < MaxReasons ? reason : "It was refused, as many before it."), Heard));
    }

    /// <summary>Whatever was lost before the next frame is not settled before others have been told; call <see cref="Settle"/> then.</summary>
    internal Delivery TrackLoss()
    {
        var loss = new Delivery([], _applied + 1);
        _losses.Enqueue(loss);
        return loss;
    }

    /// <summary>An awaited frame has gone to subscribers; call <see cref="Settle"/> when the last one has handled it.</summary>
    internal Delivery Track(byte[] stream, long sequence)
    {
        if (!_unsettled.TryGetValue(stream, out var queue))
            _unsettled[stream] = queue = new();
        var delivery = new Delivery(stream, sequence);
        queue.Enqueue(delivery);
        Unsettled++;
        return delivery;
    }

    /// <returns>Whether the publisher should hear of it.</returns>
    internal bool Settle(Delivery delivery)
    {
        delivery.IsSettled = true;
        if (delivery.Stream.Length == 0)
            return SettleLosses();
        if (!_unsettled.TryGetValue(delivery.Stream, out var queue) || queue.Peek() != delivery)
            return false;
        while (queue.TryPeek(out var first) && first.IsSettled)
        {
            queue.Dequeue();
            Unsettled--;
        }

        if (queue.Count == 0)
            _unsettled.Remove(delivery.Stream);
        return true;
    }

    /// <summary>A batch that begins here, and jumps over no gap, is sent by who has had an acknowledgement that was made later than now: it says that more was applied.</summary>
    private long Heard => _applied + 2;

    /// <param name="stamp">The receiver's clock.</param>
    internal Acknowledgement Acknowledge(long stamp)
    {
        var acknowledgement = Acknowledge();
        if (_losses.TryPeek(out var loss))
        {
            acknowledgement = acknowledgement with
            {
                Floor = Math.Min(acknowledgement.Floor, loss.Sequence - 1),
                Lagging = acknowledgement.Lagging is null ? null : Array.ConvertAll(acknowledgement.Lagging, lag => lag with { Lowest = Math.Min(lag.Lowest, loss.Sequence) }),
            };
        }

        if (_refused.Count > 0)
            acknowledgement = acknowledgement with { Refused = [.. _refused.Select(refused => refused.Refusal)] };
        return _overruled.Count == 0 ? acknowledgement : acknowledgement with { Overruled = Sequences(isUnknown: false), Unknown = Sequences(isUnknown: true), Stamp = stamp };

        long[]? Sequences(bool isUnknown)
        {
            long[] sequences = [.. _overruled.Where(overruled => overruled.IsUnknown == isUnknown).Select(overruled => overruled.Sequence)];
            return sequences.Length == 0 ? null : sequences;
        }
    }

    private bool SettleLosses()
    {
        var before = _losses.Count;
        while (_losses.TryPeek(out var first) && first.IsSettled)
            _losses.Dequeue();
        return _losses.Count < before;
    }

    private Acknowledgement Acknowledge()
    {
        if (_unsettled.Count == 0)
            return new(receiver, _applied, _applied, null);
        IEnumerable<Lag> lagging = _unsettled.Select(stream => new Lag(stream.Key, stream.Value.Peek().Sequence));
        if (_unsettled.Count <= MaxLagging)
            return new(receiver, _applied, _applied, [.. lagging]);

        // The furthest behind are listed, which keeps the floor for all the others high.
        Lag[] sorted = [.. lagging.OrderBy(lag => lag.Lowest)];
        return new(receiver, _applied, Math.Min(_applied, sorted[MaxLagging].Lowest - 1), sorted[..MaxLagging]);
    }
}
