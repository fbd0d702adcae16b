using Orleans.Runtime.Services;

namespace McCache.Streaming;

/// <summary>Reaches the endpoints of other silos by the cluster's own messaging.</summary>
internal sealed class EndpointClient(IServiceProvider services) : GrainServiceClient<IMulticastEndpoint>(services), IMulticastTransport
{
    internal IMulticastEndpoint this[SiloAddress silo] => GetGrainService(silo);

    public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch) => this[destination].Deliver(batch);

    public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => this[destination].Ask(provider, stream, request);

    public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
        => this[publisher.Silo].Settled(provider, publisher, receiver, acknowledgement).Ignore();
}
