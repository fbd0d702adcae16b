namespace McCache.Streaming;

/// <content>What a client may take of its gateway, so that one that floods it, by mistake or on purpose, waits by itself and nobody else for it.</content>
internal sealed partial class AttachedClient
{
    private const int MaxNameBytes = 1024 * 1024;

    /// <summary>What a batch may stand for. The 80 KiB that a client sends at a time are twenty thousand frames at most, so this is far above what it means to say.</summary>
    private const long MaxUnpackedBytes = 64 * 1024 * 1024;

    private readonly RateLimit _frames;
    private readonly RateLimit _bytes;
    private readonly Lock _paying = new();

    /// <summary>Takes what a batch costs from what the client may spend.</summary>
    /// <returns>False when it has spent too much: the batch is to be sent again later.</returns>
    private bool TryPay(Batch batch)
        => TryPay(Math.Max(1L, batch.Count) + (batch.Gap is not { } gap ? 0 : gap.Streams?.Length ?? _member.Streams.All.Count()), batch.Frames.Length + LengthOf(batch.Gap?.Streams));

    /// <summary>Takes what a batch costs besides its bytes: what it is unpacked. It has passed already, so the client waits with the next.</summary>
    private void PayMore(long bytes)
    {
        lock (_paying)
            _bytes.Take(Math.Max(0, bytes));
    }

    /// <summary>Takes what a question costs from what the client may spend.</summary>
    internal bool TryPay(byte[] request) => TryPay(1, request.Length);

    /// <summary>Takes what it costs to listen to something else.</summary>
    /// <exception cref="LimitExceededException">The client has spent too much; it may ask again later.</exception>
    private void Pay(Interest interest)
    {
        if (!TryPay(1 + interest.Streams.Length, LengthOf(interest.Streams)))
            throw new LimitExceededException($"This client asks more of its gateway than {nameof(MulticastOptions.MaxClientFramesPerSecond)} or {nameof(MulticastOptions.MaxClientBytesPerSecond)} of multicast provider '{_member.Name}' allow.");
    }

    private static long LengthOf(byte[][]? names) => names?.Sum(name => (long)name.Length) ?? 0;

    private bool TryPay(long frames, long bytes)
    {
        lock (_paying)
        {
            var now = _member.Clock.Now;
            if (_frames.HasRoom(now) & _bytes.HasRoom(now))
            {
                _frames.Take(frames);
                _bytes.Take(bytes);
                return true;
            }
        }

        _member.OnThrottled(Name);
        return false;
    }

    /// <exception cref="LimitExceededException">The client listens to too many streams.</exception>
    private void CheckCount(Interest interest)
    {
        if (LengthOf(interest.Streams) > MaxNameBytes)
            throw new LimitExceededException($"The names of the streams that this client listens to have {LengthOf(interest.Streams)} bytes; its gateway allows {MaxNameBytes}.");
        if (interest.Streams.Length > _member.Options.MaxClientStreams)
            throw new LimitExceededException($"This client listens to {interest.Streams.Length} streams of multicast provider '{_member.Name}'; its gateway allows {_member.Options.MaxClientStreams} ({nameof(MulticastOptions.MaxClientStreams)}).");
    }

    /// <summary>Why a frame is not taken whatever its content; null when it is.</summary>
    private string? FindOversize(in FrameView frame)
        => frame.Size <= _member.Options.MaxLaneBytes ? null
            : $"An item of {frame.Payload.Length} bytes is larger than a lane of multicast provider '{_member.Name}' may hold at the gateway ({nameof(MulticastOptions.MaxLaneBytes)} = {_member.Options.MaxLaneBytes}).";
}
