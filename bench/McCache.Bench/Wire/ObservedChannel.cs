using McCache.Streaming;

namespace McCache.Bench.Wire;

/// <summary>What is done after each frame that a silo has applied.</summary>
internal sealed class Observer
{
    public Action Applied { get; set; } = static () => { };
}

/// <summary>A silo's end of the provider, which tells an observer of every frame when it has been applied: on the lane, with no queue and no thread between.</summary>
internal sealed class ObservedChannel(IReplicaChannel channel, Observer observer) : IReplicaChannel
{
    public HybridClock Stamps => channel.Stamps;

    public bool HasAudience => channel.HasAudience;

    public SiloAddress Silo => channel.Silo;

    public ulong Member => channel.Member;

    public Random Random => channel.Random;

    public TimeSpan Renewal => channel.Renewal;

    public void Attach(StreamId stream, IFrameHandler handler) => channel.Attach(stream, new ObservedHandler(handler, observer));

    public Frame? Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf = null) => channel.Publish(stream, payload, onBehalfOf);

    public Publication PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
        => channel.PublishAsync(stream, payload, onBehalfOf, cancellationToken);

    public Marks ReadMarks() => channel.ReadMarks();

    public void TellClients(StreamId stream) => channel.TellClients(stream);

    public ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request) => channel.AskAsync(silo, stream, request);

    /// <summary>A cache, and the observer after it.</summary>
    private sealed class ObservedHandler(IFrameHandler handler, Observer observer) : IFrameHandler
    {
        public bool IsReplica => handler.IsReplica;

        public FrameOutcome Apply(in ReceivedFrame frame)
        {
            var outcome = handler.Apply(frame);
            observer.Applied();
            return outcome;
        }

        public void OnGap(SiloAddress publisher, long upTo) => handler.OnGap(publisher, upTo);

        public void Serve(long until) => handler.Serve(until);

        public ValueTask MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client) => handler.MakeAsync(payload, awaiting, client);

        public byte[]? Again(ReadOnlySpan<byte> payload) => handler.Again(payload);

        public byte[] Answer(ReadOnlySpan<byte> request) => handler.Answer(request);
    }
}
