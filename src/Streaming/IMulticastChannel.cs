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

    /// <summary>What this member's frames are stamped with.</summary>
    HybridClock Stamps { get; }

    /// <summary>This member's silo.</summary>
    SiloAddress Silo { get; }

    /// <summary>The random identity of this member's incarnation: with a stamp, the version of a change.</summary>
    ulong Member { get; }

    /// <summary>Jitter, and the choice of whom to ask.</summary>
    Random Random { get; }

    /// <summary>How often replicas are compared.</summary>
    TimeSpan Renewal { get; }

    /// <summary>How far this member is with the others' frames, as of one moment.</summary>
    Marks ReadMarks();

    /// <summary>Sends a frame to every other member, and returns at once.</summary>
    /// <returns>The frame's stamp: larger than that of every frame before it, on every lane. 0 when the member has stopped.</returns>
    long Publish(StreamId stream, ReadOnlySpan<byte> payload);

    /// <summary>Sends a frame to every other member.</summary>
    /// <remarks>The frame is sent before the method returns; the token gives up the waiting only.</remarks>
    Publication PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, CancellationToken cancellationToken);

    /// <summary>Asks another member's frame handler of the stream something.</summary>
    /// <exception cref="Exception">There is no answer in time, for whatever reason.</exception>
    ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request);
}

/// <summary>A frame that somebody waits for.</summary>
/// <param name="Stamp">Its stamp; 0 when the member has stopped.</param>
/// <param name="Settled">Completes when every other member has settled it or can no longer serve; fails when this member stops before.</param>
internal readonly record struct Publication(long Stamp, ValueTask<Settlement> Settled);

/// <summary>Stamps up to which everything has come.</summary>
/// <param name="Own">This member's clock: whatever it publishes later is newer.</param>
/// <param name="Others">For each other live member: whatever still comes from it is newer. 0 for one that has not been heard and may have published before this member knew it.</param>
/// <param name="Departed">The last marks of members that have left lately.</param>
/// <param name="IsOver">Whether this member has stopped or was declared dead, and will publish nothing any more.</param>
internal sealed record Marks(long Own, IReadOnlyDictionary<SiloAddress, long> Others, IReadOnlyDictionary<SiloAddress, long> Departed, bool IsOver = false);

/// <summary>A frame as it comes in.</summary>
internal readonly ref struct ReceivedFrame
{
    internal ReadOnlySpan<byte> Payload { get; init; }

    internal long Stamp { get; init; }

    /// <summary>Whose it is: the identity of the publisher's incarnation.</summary>
    internal ulong Member { get; init; }

    /// <summary>It comes out of the publisher's order, told on by another: what has come since may have been newer, and be gone again.</summary>
    internal bool IsLate { get; init; }

    /// <summary>Who sent it here.</summary>
    internal SiloAddress Sender { get; init; }
}

/// <summary>What has become of a frame.</summary>
internal enum FrameOutcome
{
    Applied,

    /// <summary>Something newer is here.</summary>
    Overruled,

    /// <summary>The bytes make no sense: the member counts and logs it, and treats it as a gap of the stream.</summary>
    Refused,
}

/// <summary>Takes what other members publish on a stream, on the lane itself: every method is short, synchronous, and throws for no bytes whatever.</summary>
/// <remarks>Calls for one publisher come one at a time and in its order; calls for different publishers, and <see cref="Serve"/>, may overlap.</remarks>
internal interface IFrameHandler
{
    /// <summary>Whether it keeps a replica: then lanes say their watermarks even when nothing is published, and <see cref="OnGap"/> is called for what was published before a lane began.</summary>
    bool IsReplica { get; }

    /// <summary>A frame, in the publisher's order, each once (late ones aside).</summary>
    FrameOutcome Apply(in ReceivedFrame frame);

    /// <summary>Frames of the stream were lost: whatever they would have changed must no longer be served.</summary>
    /// <param name="publisher">Whose.</param>
    /// <param name="upTo">None of them has a larger stamp.</param>
    void OnGap(SiloAddress publisher, long upTo);

    /// <summary>Until when copies may be served, in milliseconds of <see cref="Environment.TickCount64"/>: 0 while the member has not started or is stopping.</summary>
    void Serve(long until);

    /// <summary>Answers another member. Empty for a request that makes no sense, or can't be answered.</summary>
    byte[] Answer(ReadOnlySpan<byte> request);
}
