using Orleans.Runtime.Services;

namespace McCache.Streaming;

/// <summary>Reaches the endpoints of other silos by the cluster's own messaging.</summary>
internal sealed class EndpointClient(IServiceProvider services, SealedCalls calls) : GrainServiceClient<IMulticastEndpoint>(services), IMulticastTransport
{
    internal IMulticastEndpoint this[SiloAddress silo] => GetGrainService(silo);

    public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        => calls.AreOn ? AskSealedAsync<Acknowledgement>(destination, batch) : this[destination].Deliver(batch);

    public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request)
        => calls.AreOn ? AskSealedAsync<byte[]>(destination, new AskMessage(provider, stream, request)) : this[destination].Ask(provider, stream, request);

    public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
    {
        var endpoint = this[publisher.Silo];
        (calls.AreOn
            ? endpoint.SealedOneWay(calls.Seal(SealedCalls.Label(publisher.Silo), new SettledMessage(provider, publisher, receiver, acknowledgement)))
            : endpoint.Settled(provider, publisher, receiver, acknowledgement)).Ignore();
    }

    private ValueTask<T> AskSealedAsync<T>(SiloAddress destination, object question) => calls.AskAsync<T>(SealedCalls.Label(destination), question, this[destination].Sealed);
}
