using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <inheritdoc cref="IMulticastEndpoint"/>
/// <remarks>Its turns are short and call no user code: frame handlers apply at once, everything else goes to the queue of a subscription.</remarks>
internal sealed class MulticastEndpoint(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, MulticastMembers members)
    : GrainService(id, silo, loggers), IMulticastEndpoint
{
    public ValueTask<Acknowledgement> Deliver(Batch batch) => new(members.Receive(batch));

    /// <summary>Answers on the thread pool: an answer may take longer than a turn of the endpoint should.</summary>
    public ValueTask<byte[]> Ask(string provider, byte[] stream, byte[] request) => new(Task.Run(() => members.Find(provider)?.Answer(stream, request) ?? []));

    public Task Settled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
    {
        members.Find(provider)?.OnSettled(publisher, receiver, acknowledgement);
        return Task.CompletedTask;
    }
}
