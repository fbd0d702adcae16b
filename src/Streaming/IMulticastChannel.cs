namespace McCache.Streaming;

/// <summary>
/// A member's end of one multicast provider, for code that lives below streams: frames go out and come in as bytes, with no grain, no observer and no serializer between.
/// </summary>
/// <remarks>Registered as a keyed singleton under the provider's name. Safe to use from any thread.</remarks>
internal interface IMulticastChannel
{
    /// <summary>Hands the frames of a stream that other members publish to a handler. One handler a stream; attached before the member starts or later.</summary>
    /// <exception cref="InvalidOperationException">The stream has a handler already.</exception>
    void Attach(StreamId stream, IFrameHandler handler);

    /// <summary>Sends a frame to every other member, and returns at once.</summary>
    void Publish(StreamId stream, ReadOnlySpan<byte> payload);

    /// <summary>Sends a frame to every other member. Completes when each has settled it or can no longer serve; fails when this member stops before.</summary>
    /// <remarks>The frame is sent before the method returns; the token gives up the waiting only.</remarks>
    ValueTask PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, CancellationToken cancellationToken);
}

/// <summary>Takes what other members publish on a stream, on the lane itself: every method is short, synchronous, and throws for no bytes whatever.</summary>
/// <remarks>Calls for one publisher come one at a time and in its order; calls for different publishers, and <see cref="Serve"/>, may overlap.</remarks>
internal interface IFrameHandler
{
    /// <summary>A frame, in the publisher's order, each once.</summary>
    /// <returns>False when the bytes make no sense: the member counts and logs it, and treats it as a gap of the stream.</returns>
    bool Apply(ReadOnlySpan<byte> payload);

    /// <summary>Frames of the stream were lost: whatever they would have changed must no longer be served.</summary>
    void OnGap();

    /// <summary>Until when copies may be served, in milliseconds of <see cref="Environment.TickCount64"/>: 0 while the member has not started or is stopping.</summary>
    void Serve(long until);
}
