namespace McCache.Streaming;

/// <summary>What a subscription is told: a frame, or that frames were lost.</summary>
/// <param name="Kind">What the frame says; null for a gap.</param>
/// <param name="Payload">The frame's payload.</param>
/// <param name="Awaited">Hears when the event has been handled, or dropped.</param>
internal readonly record struct StreamEvent(FrameKind? Kind, ReadOnlyMemory<byte> Payload, IAwaited? Awaited)
{
    internal bool IsGap => Kind is null;
}
