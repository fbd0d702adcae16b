namespace McCache.Streaming;

/// <summary>
/// A member's end of one multicast provider, for code that lives below streams: frames go out and come in as bytes, with no grain, no observer and no serializer between.
/// </summary>
/// <remarks>Registered as a keyed singleton under the provider's name. Safe to use from any thread.</remarks>
internal interface IMulticastChannel
{
    /// <summary>Hands the frames of a stream that other members publish to a handler. One handler a stream; attached before the member starts, or, where streams go to all silos, later.</summary>
    /// <exception cref="InvalidOperationException">The stream has a handler already.</exception>
    void Attach(StreamId stream, IFrameHandler handler);

    /// <summary>What this member's frames are stamped with.</summary>
    HybridClock Stamps { get; }

    /// <summary>Whether there is, or may be, another member that what is published now would go to. Quick; takes no lock.</summary>
    bool HasAudience => true;

    /// <summary>Sends a frame to every other member, and returns at once.</summary>
    /// <param name="stream">The name of the stream, see <see cref="StreamNames"/>.</param>
    /// <param name="payload">The frame's payload.</param>
    /// <param name="onBehalfOf">The client that has made the change, and does not get it back; null for this process itself.</param>
    /// <returns>The frame, whose stamp is larger than that of every frame before it, on every lane; null when the member has stopped.</returns>
    Frame? Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null);

    /// <summary>Sends a frame to every other member.</summary>
    /// <remarks>The frame is sent before the method returns; the token gives up the waiting only.</remarks>
    /// <inheritdoc cref="Publish" path="/param"/>
    Publication PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken);
}

/// <summary>What a silo's end can besides: what replicas need.</summary>
internal interface IReplicaChannel : IMulticastChannel
{
    /// <summary>This member's silo.</summary>
    SiloAddress Silo { get; }

    /// <summary>The random identity of this member's incarnation: with a stamp, the version of a change.</summary>
    ulong Member { get; }

    /// <summary>Jitter, and the choice of whom to ask.</summary>
    Random Random { get; }

    /// <summary>Where what befalls a replica is told to people; null where nobody looks.</summary>
    CoherenceEvents? Events => null;

    /// <summary>How often replicas are compared.</summary>
    TimeSpan Renewal { get; }

    /// <summary>How far this member is with the others' frames, as of one moment.</summary>
    Marks ReadMarks();

    /// <summary>What is held here of a stream has changed in another way than by frames: the clients of this silo drop what they hold of it.</summary>
    void TellClients(StreamId stream);

    /// <summary>Asks another member's frame handler of the stream something.</summary>
    /// <exception cref="Exception">There is no answer in time, for whatever reason.</exception>
    ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request);
}

/// <summary>What a client's end can besides.</summary>
internal interface IClientChannel : IMulticastChannel
{
    /// <summary>
    /// Calls back when the gateway has applied everything that was published here so far, or has been lost: at once, or later from another thread. Of what is then sent again to the next one
    /// the handler hears, see <see cref="IFrameHandler.SentAgain"/>.
    /// </summary>
    void Watch(Action applied);

    /// <summary>Completes when there is a gateway.</summary>
    /// <exception cref="TimeoutException">None was found.</exception>
    Task AttachedAsync(CancellationToken cancellationToken);

    /// <summary>Completes when the gateway sends what is published on a stream.</summary>
    /// <exception cref="TimeoutException">No gateway was found.</exception>
    Task ListenAsync(StreamId stream, CancellationToken cancellationToken);

    /// <summary>Asks the gateway's frame handler of a stream something, once the gateway has everything that was published here so far. Empty when it has not, or can't answer.</summary>
    /// <exception cref="Exception">There is no answer in time, for whatever reason.</exception>
    ValueTask<byte[]> AskGatewayAsync(StreamId stream, byte[] request, CancellationToken cancellationToken);
}

/// <summary>A frame that somebody waits for.</summary>
/// <param name="Stamp">Its stamp; 0 when the member has stopped.</param>
/// <param name="Settled">Completes when every other member has settled it or can no longer serve; fails when this member stops before.</param>
internal readonly record struct Publication(long Stamp, ValueTask<Settlement> Settled);

/// <summary>Stamps up to which everything has come.</summary>
/// <param name="Own">This member's clock: whatever it publishes later is newer.</param>
/// <param name="Others">For each other live member: whatever still comes from it is newer. 0 for one that has not been heard and may have published before this member knew it.</param>
/// <param name="Departed">The last marks of members that have left lately.</param>
/// <param name="Settled">A stamp up to which, as far as this member knows, every live member has everything: what it has published itself, and what others have.</param>
/// <param name="IsOver">Whether this member has stopped or was declared dead, and will publish nothing any more.</param>
/// <param name="IsUnheard">Whether members have gone that were there before this one and have never been heard, and it is not known yet what else that leaves missing.</param>
internal sealed record Marks(long Own, IReadOnlyDictionary<SiloAddress, long> Others, IReadOnlyDictionary<SiloAddress, long> Departed, long Settled = long.MaxValue, bool IsOver = false, bool IsUnheard = false);

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

    /// <summary>Whether its publisher waits for it.</summary>
    internal bool IsAwaited => Lane is not null;

    /// <summary>The lane that it came on, when its publisher waits for it.</summary>
    internal LaneReceiver? Lane { get; init; }

    /// <summary>Where on that lane.</summary>
    internal long Sequence { get; init; }

    /// <summary>The stream.</summary>
    internal byte[] Stream { get; init; }

    /// <summary>The frame, which is awaited, counts as settled here only when the handler says so.</summary>
    internal IAwaited Defer() => Lane!.Track(Stream, Sequence);
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

/// <summary>What a gateway waits for when it has made a change that a client wants.</summary>
internal enum Awaiting
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>That all others have followed, so that the client need not remember it. The verb has returned.</summary>
    Settling,

    /// <summary>That it has won over everything before it: the verb waits.</summary>
    Coherence,
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

    /// <summary>Makes a change that a client wants, as this member's own: returns when it is made and sent.</summary>
    /// <param name="payload">What the client has published.</param>
    /// <param name="awaiting">What the task waits for.</param>
    /// <param name="client">The client, which has made the change in its own copy.</param>
    /// <exception cref="Exception">The bytes make no sense, or the change is refused; nothing was changed.</exception>
    ValueTask MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client);

    /// <summary>At a client that has lost its gateway: how others are told of a change again whose verb has returned, and that may have reached them, or not; null when they need not be.</summary>
    byte[]? Again(ReadOnlySpan<byte> payload);

    /// <summary>At a client that has lost its gateway: a change whose verb has not returned is sent again, as it is, to the next one. Its caller may give up before that has applied it.</summary>
    /// <returns>What to call when the new gateway has applied it, or has been lost as well; null for nothing.</returns>
    Action? SentAgain(ReadOnlySpan<byte> payload) => null;

    /// <summary>Answers another member. Empty for a request that makes no sense, or can't be answered.</summary>
    byte[] Answer(ReadOnlySpan<byte> request);
}
