using System.Diagnostics.CodeAnalysis;

namespace McCache.Streaming;

/// <summary>The bounds of a lane. A batch stays below 85,000 bytes, from which on an array is a large object, which only a full collection frees.</summary>
internal sealed record LaneLimits(int MaxFrames, long MaxBytes, int MaxBatchBytes = 80 * 1024);

/// <summary>A batch that a lane wants sent, or sent again.</summary>
/// <param name="First">The sequence number of the first frame.</param>
/// <param name="Frames">The frames; none in a probe.</param>
/// <param name="Gap">What is lost before them.</param>
/// <param name="IsRetry">Whether it is sent after a failure that has not been overcome.</param>
/// <param name="Mark">What still comes on the lane is newer.</param>
/// <param name="Before">The number of the last frame before it.</param>
/// <param name="MaxLength">The frames take no more bytes.</param>
internal sealed record OutgoingBatch(long First, Frame[] Frames, Gap? Gap, bool IsRetry, long Mark, long Before, int MaxLength)
{
    internal long Last => First + Frames.Length - 1;
}

/// <summary>
/// The sending end of a lane: a bounded queue of frames, sent in batches, one at a time, until each is acknowledged. A state machine: it is told what happened and when, and
/// says what to send; it knows no clock, no thread and no network. Not thread-safe.
/// </summary>
/// <remarks>
/// Frames get sequence numbers from 1; the queue holds those above <see cref="_base"/>, which is what the receiver is known to have. A batch that fails or is not accepted is
/// sent again, with whatever has gathered meanwhile, after a pause that grows. A queue that overflows is dropped whole, which moves the base to its end; the gap that it
/// leaves travels with every batch until the receiver is there, and it alone allows the receiver to jump.
/// One batch at a time is enough: the next gathers meanwhile, so the lane is as fast as 80 KiB a round trip. Several would overtake each other, since Orleans hands the
/// messages of one connection to the thread pool; each would then be refused and sent again. Measured with four in flight: slower in nearly every round, with hundreds of retries.
/// </remarks>
/// <param name="limits">Its bounds.</param>
/// <param name="random">Jitter.</param>
/// <param name="before">The number of the last frame that was published before the lane began.</param>
internal sealed class OutboundLane(LaneLimits limits, Random random, long before = 0)
{
    internal const int MaxGapStreams = 64;
    internal static readonly TimeSpan MinRetryDelay = TimeSpan.FromMilliseconds(20);
    internal static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan MinProbeDelay = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan MaxProbeDelay = TimeSpan.FromSeconds(1);

    private readonly FrameRing _frames = new();
    private readonly AwaitedFrames _awaited = new();
    private HashSet<byte[]>? _lost; // the streams of the gap before _base, or null when there is none
    private bool _lostAll;
    private long _lostTo; // the newest stamp that was lost
    private ulong? _receiver;
    private long _base;
    private long _before = before; // the number of the last frame that is not in the queue any more
    private bool _isTravelling;
    private bool _isBuried;
    private int _failures;
    private TimeSpan _notBefore;
    private TimeSpan _probeDelay = MinProbeDelay;
    private TimeSpan? _probeAt;
    private TimeSpan _beatAt;

    /// <summary>How often a batch goes although there is nothing to send, so that the receiver's watermark rises; null for never.</summary>
    internal TimeSpan? Beat { get; set; }

    internal int Frames => _frames.Count;

    internal long Bytes => _frames.Bytes;

    internal int Awaited => _awaited.Count;

    /// <summary>Frames of the batch that is on its way.</summary>
    internal int InFlight { get; private set; }

    /// <summary>Attempts in a row that have failed, up to 16.</summary>
    internal int Failures => _failures;

    /// <summary>Nothing is left that the receiver does not have.</summary>
    internal bool IsEmpty => _frames.Count == 0 && _lost is null;

    /// <summary>A batch could leave now, a pause after a failure aside.</summary>
    internal bool IsReady => !_isTravelling;

    /// <summary>The number of the first frame that the receiver is not known to have; 0 while it may lack any.</summary>
    internal long Lowest => _lost is not null ? 0 : _frames.Count > 0 ? _frames[0].Number : long.MaxValue;

    /// <summary>A stamp up to which the receiver has every frame, or has been told its loss; 0 while it may lack any.</summary>
    internal long SettledStamp => _lost is not null ? 0 : _frames.Count > 0 ? _frames[0].Stamp - 1 : long.MaxValue;

    /// <summary>The sequence number of the last frame.</summary>
    internal long Last => _base + _frames.Count;

    /// <summary>Takes a frame.</summary>
    /// <returns>False when the queue was full and has been dropped; the frame is in the queue all the same.</returns>
    internal bool Enqueue(Frame frame, IAwaited? awaited)
    {
        if (_isBuried)
        {
            if (awaited is not null)
                _awaited.Add(frame.Name, long.MaxValue, awaited);
            return true;
        }

        var fits = _frames.Count < limits.MaxFrames && (_frames.Count == 0 || _frames.Bytes + frame.Size <= limits.MaxBytes);
        if (!fits)
            Drop();
        _frames.Add(frame);
        if (awaited is not null)
        {
            _awaited.Add(frame.Name, Last, awaited);
            (_probeDelay, _probeAt) = (MinProbeDelay, null);
        }

        return fits;
    }

    /// <summary>Frames were lost before this lane, which is new, could have them. One sequence number stands for them.</summary>
    /// <param name="streams">Of which streams; null for all.</param>
    internal void LoseEarlier(IEnumerable<byte[]>? streams = null)
    {
        _base++;
        if (streams is null)
            LoseAll();
        else
            _lost = new(streams, StreamNames.Comparer);
    }

    /// <summary>The next batch to send, if any.</summary>
    /// <param name="now">The time.</param>
    /// <param name="mark">A stamp at or below which nothing will be enqueued any more.</param>
    /// <param name="batch">The batch.</param>
    internal bool TryTake(TimeSpan now, long mark, [NotNullWhen(true)] out OutgoingBatch? batch)
    {
        batch = null;
        if (_isTravelling || NextDue(now) is not { } due || now < due)
            return false;
        if (IsEmpty && now >= _probeAt)
            (_probeAt, _probeDelay) = (null, _probeDelay * 2 < MaxProbeDelay ? _probeDelay * 2 : MaxProbeDelay);
        var (frames, length) = TakeFrames();
        mark = Math.Max(mark, _lostTo);
        if (frames.Length < _frames.Count)
            mark = Math.Min(mark, _frames[frames.Length].Stamp - 1);
        InFlight = frames.Length;
        batch = new OutgoingBatch(_base + 1, frames, _lost is null ? null : _lostAll ? Gap.All : new Gap([.. _lost]), _failures > 0, mark, _before, length);
        _isTravelling = true;
        _beatAt = now + (Beat ?? TimeSpan.Zero);
        return true;
    }

    /// <summary>When to ask again although nothing happens until then; null for never.</summary>
    internal TimeSpan? NextDue(TimeSpan now)
    {
        if (_isTravelling)
            return null;
        if (!IsEmpty)
            return _notBefore;
        TimeSpan? probe = _awaited.Count == 0 ? null : _probeAt ??= now + _probeDelay;
        return Beat is null || _isBuried || probe < _beatAt ? probe : _beatAt;
    }

    /// <summary>The receiver has answered a batch.</summary>
    internal void OnAcknowledged(OutgoingBatch batch, Acknowledgement acknowledgement, TimeSpan now)
    {
        (_isTravelling, InFlight) = (false, 0);
        if (_receiver is { } known && known != acknowledgement.Receiver)
            OnReceiverForgot(acknowledgement);
        else
            Accept(acknowledgement);
        if (acknowledgement.Applied < batch.Last)
            Pause(now);
        _receiver = acknowledgement.Receiver;
    }

    /// <summary>A batch was not answered.</summary>
    internal void OnFailed(TimeSpan now)
    {
        (_isTravelling, InFlight) = (false, 0);
        Pause(now);
    }

    /// <summary>The receiver says unasked that more is settled.</summary>
    internal void OnSettled(Acknowledgement acknowledgement)
    {
        if (_receiver == acknowledgement.Receiver)
            Accept(acknowledgement);
    }

    /// <summary>The receiver is dead: nothing is kept for it any more, but who waits for it does so until the lane is abandoned.</summary>
    internal void Bury()
    {
        _isBuried = true;
        RemoveTo(Last);
    }

    /// <summary>The receiver has left.</summary>
    internal void Abandon() => _awaited.SettleAll();

    private (Frame[] Frames, int MaxLength) TakeFrames()
    {
        if (_frames.Count == 0)
            return ([], 0);
        var (count, length) = (1, _frames[0].Size); // what was before the first is in another batch
        while (count < _frames.Count && length <= limits.MaxBatchBytes - _frames.PackedLengthOf(count))
            length += _frames.PackedLengthOf(count++);
        var frames = new Frame[count];
        for (var i = 0; i < count; i++)
            frames[i] = _frames[i];
        return (frames, length);
    }

    private void Accept(Acknowledgement acknowledgement)
    {
        if (acknowledgement.Applied > Last)
            return; // no receiver of this lane can say so
        if (_awaited.Settle(acknowledgement))
            (_probeDelay, _probeAt) = (MinProbeDelay, null);
        if (acknowledgement.Applied >= _base)
            (_lost, _lostAll) = (null, false);
        if (acknowledgement.Applied <= _base)
            return;
        RemoveTo(acknowledgement.Applied);
        _failures = 0;
        _notBefore = TimeSpan.Zero;
    }

    /// <summary>What had been acknowledged was known to nobody but the receiver that is no more, and subscribers there may not have handled it.</summary>
    private void OnReceiverForgot(Acknowledgement acknowledgement)
    {
        if (acknowledgement.Applied < _base)
            LoseAll();
        _awaited.Lose(acknowledgement.Applied);
    }

    private void LoseAll() => (_lost, _lostAll) = (_lost ?? new(StreamNames.Comparer), true);

    private void Drop()
    {
        _lost ??= new(StreamNames.Comparer);
        var lost = _lost.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var i = 0; i < _frames.Count && !_lostAll; i++)
        {
            if (!lost.Contains(_frames[i].Name) && (_lostAll = _lost.Count >= MaxGapStreams) is false)
                lost.Add(_frames[i].Name);
        }

        _awaited.Lose(_base);
        _lostTo = _frames.Count == 0 ? _lostTo : _frames[_frames.Count - 1].Stamp;
        RemoveTo(Last);
    }

    private void RemoveTo(long sequence)
    {
        var count = (int)(sequence - _base);
        _before = count > 0 ? _frames[count - 1].Number : _before;
        _frames.RemoveFirst(count);
        _base = sequence;
    }

    private void Pause(TimeSpan now)
    {
        var delay = Math.Min(MinRetryDelay.TotalMilliseconds * Math.Pow(2, _failures), MaxRetryDelay.TotalMilliseconds);
        _notBefore = now + TimeSpan.FromMilliseconds(delay * (0.5 + (0.5 * random.NextDouble())));
        _failures = Math.Min(_failures + 1, 16);
    }
}
