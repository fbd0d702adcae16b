using System.Diagnostics.CodeAnalysis;

namespace McCache.Streaming;

/// <summary>The bounds of a lane.</summary>
internal sealed record LaneLimits(int MaxFrames, long MaxBytes, int MaxBatchBytes = 256 * 1024, int Window = 4);

/// <summary>A batch that a lane wants sent, or sent again.</summary>
/// <param name="First">The sequence number of the first frame.</param>
/// <param name="Frames">The frames; none in a probe.</param>
/// <param name="Gap">What is lost before them.</param>
/// <param name="Round">The lane's round in which it was taken: what is answered in a later one says nothing about that one.</param>
/// <param name="IsRetry">Whether it is sent after a failure that has not been overcome.</param>
internal sealed record OutgoingBatch(long First, Frame[] Frames, Gap? Gap, int Round, bool IsRetry)
{
    internal long Last => First + Frames.Length - 1;
}

/// <summary>
/// The sending end of a lane: a bounded queue of frames, a small window of batches in flight, go-back-N when one is not accepted. A state machine: it is told what
/// happened and when, and says what to send; it knows no clock, no thread and no network. Not thread-safe.
/// </summary>
/// <remarks>
/// Frames get sequence numbers from 1. The queue holds those above <see cref="_base"/>; those up to <see cref="_sent"/> have been sent in this round. A batch that fails or
/// is not accepted begins a new round at the base, after a pause that grows. A queue that overflows is dropped whole, which moves the base to its end; the gap that it leaves
/// travels with the first batch above the base until the receiver is there, and it alone allows the receiver to jump.
/// </remarks>
internal sealed class OutboundLane(LaneLimits limits, Random random)
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
    private ulong? _receiver;
    private long _base;
    private long _sent;
    private long _unsentBytes;
    private int _round;
    private int _inFlight;
    private int _failures;
    private TimeSpan _notBefore;
    private TimeSpan _probeDelay = MinProbeDelay;
    private TimeSpan? _probeAt;

    internal int Frames => _frames.Count;

    internal long Bytes => _frames.Bytes;

    internal int Awaited => _awaited.Count;

    /// <summary>Nothing is left that the receiver does not have.</summary>
    internal bool IsEmpty => _frames.Count == 0 && _lost is null;

    /// <summary>A batch could leave now, a pause after a failure aside. What is less than a full batch gathers while another travels.</summary>
    internal bool IsReady => _inFlight == 0 || (_inFlight < limits.Window && _unsentBytes >= limits.MaxBatchBytes);

    private long Last => _base + _frames.Count;

    private bool HasUnsent => _sent < Last || (_lost is not null && _sent == _base);

    /// <summary>Takes a frame.</summary>
    /// <returns>False when the queue was full and has been dropped; the frame is in the queue all the same.</returns>
    internal bool Enqueue(Frame frame, IAwaited? awaited)
    {
        var fits = _frames.Count < limits.MaxFrames && (_frames.Count == 0 || _frames.Bytes + frame.Bytes.Length <= limits.MaxBytes);
        if (!fits)
            Drop();
        _frames.Add(frame);
        _unsentBytes += frame.Bytes.Length;
        if (awaited is not null)
        {
            _awaited.Add(frame.Name, Last, awaited);
            (_probeDelay, _probeAt) = (MinProbeDelay, null);
        }

        return fits;
    }

    /// <summary>Frames of unknown streams were lost before this lane, which is new, could have them. One sequence number stands for them.</summary>
    internal void LoseEarlier()
    {
        _base++;
        BeginRound();
        LoseAll();
    }

    /// <summary>The next batch to send, if any. Call until it says no.</summary>
    internal bool TryTake(TimeSpan now, [NotNullWhen(true)] out OutgoingBatch? batch)
    {
        batch = null;
        if (_inFlight >= limits.Window || now < _notBefore)
            return false;
        if (!HasUnsent)
            return TryProbe(now, out batch);
        var (start, count, bytes) = ((int)(_sent - _base), 0, 0L);
        while (start + count < _frames.Count)
        {
            var size = _frames[start + count].Bytes.Length;
            if (count > 0 && bytes + size > limits.MaxBatchBytes)
                break;
            bytes += size;
            count++;
        }

        if (_inFlight > 0 && start + count == _frames.Count && bytes < limits.MaxBatchBytes)
            return false;
        batch = Take(start, count);
        return true;
    }

    /// <summary>When to ask again although nothing happens until then; null for never.</summary>
    internal TimeSpan? NextDue(TimeSpan now)
        => _inFlight > 0 ? null
            : HasUnsent ? _notBefore
            : _awaited.Count == 0 ? null
            : _probeAt ??= now + _probeDelay;

    /// <summary>The receiver has answered a batch.</summary>
    internal void OnAcknowledged(OutgoingBatch batch, Acknowledgement acknowledgement, TimeSpan now)
    {
        _inFlight--;
        if (_receiver is { } known && known != acknowledgement.Receiver)
            OnReceiverForgot(acknowledgement, now);
        else
            Accept(acknowledgement);
        if (batch.Round == _round && acknowledgement.Applied < batch.Last)
            GoBack(now);
        _receiver = acknowledgement.Receiver;
    }

    /// <summary>A batch was not answered.</summary>
    internal void OnFailed(OutgoingBatch batch, TimeSpan now)
    {
        _inFlight--;
        if (batch.Round == _round)
            GoBack(now);
    }

    /// <summary>The receiver says unasked that more is settled.</summary>
    internal void OnSettled(Acknowledgement acknowledgement)
    {
        if (_receiver == acknowledgement.Receiver)
            Accept(acknowledgement);
    }

    /// <summary>The receiver is dead: what waits to be sent is not kept.</summary>
    internal void Bury()
    {
        _base = Last;
        _frames.RemoveFirst(_frames.Count);
        BeginRound();
    }

    /// <summary>The receiver has left.</summary>
    internal void Abandon() => _awaited.SettleAll();

    private OutgoingBatch Take(int start, int count)
    {
        var frames = new Frame[count];
        for (var i = 0; i < count; i++)
        {
            frames[i] = _frames[start + i];
            _unsentBytes -= frames[i].Bytes.Length;
        }

        var gap = start > 0 || _lost is null ? null : _lostAll ? Gap.All : new Gap([.. _lost]);
        _inFlight++;
        _sent += count;
        return new OutgoingBatch(_base + start + 1, frames, gap, _round, _failures > 0);
    }

    private bool TryProbe(TimeSpan now, [NotNullWhen(true)] out OutgoingBatch? batch)
    {
        batch = null;
        if (_awaited.Count == 0 || _inFlight > 0 || now < (_probeAt ??= now + _probeDelay))
            return false;
        _probeAt = null;
        _probeDelay = _probeDelay * 2 < MaxProbeDelay ? _probeDelay * 2 : MaxProbeDelay;
        batch = Take(_frames.Count, 0);
        return true;
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
        _frames.RemoveFirst((int)(acknowledgement.Applied - _base));
        _base = acknowledgement.Applied;
        if (_sent < _base)
            (_sent, _unsentBytes) = (_base, _frames.Bytes);
        _failures = 0;
        _notBefore = TimeSpan.Zero;
    }

    /// <summary>What had been acknowledged was known to nobody but the receiver that is no more, and subscribers there may not have handled it.</summary>
    private void OnReceiverForgot(Acknowledgement acknowledgement, TimeSpan now)
    {
        if (acknowledgement.Applied < _base)
            LoseAll();
        GoBack(now);
    }

    private void LoseAll() => (_lost, _lostAll) = (_lost ?? new(StreamNames.Comparer), true);

    private void Drop()
    {
        _lost ??= new(StreamNames.Comparer);
        var lost = _lost.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var i = 0; i < _frames.Count && !_lostAll; i++)
        {
            if (!lost.Contains(_frames[i].Name) && (_lostAll = _lost.Count == MaxGapStreams) is false)
                lost.Add(_frames[i].Name);
        }

        _base = Last;
        _frames.RemoveFirst(_frames.Count);
        BeginRound();
    }

    private void GoBack(TimeSpan now)
    {
        BeginRound();
        var delay = Math.Min(MinRetryDelay.TotalMilliseconds * Math.Pow(2, _failures), MaxRetryDelay.TotalMilliseconds);
        _notBefore = now + TimeSpan.FromMilliseconds(delay * (0.5 + (0.5 * random.NextDouble())));
        _failures = Math.Min(_failures + 1, 16);
    }

    private void BeginRound()
    {
        _round++;
        _sent = _base;
        _unsentBytes = _frames.Bytes;
    }
}
