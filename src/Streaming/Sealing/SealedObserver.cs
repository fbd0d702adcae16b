namespace McCache.Streaming;

/// <summary>A gateway's way to a client, where calls are sealed.</summary>
/// <param name="client">The client, as it is reached.</param>
/// <param name="label">Who it is.</param>
/// <param name="calls">This process's.</param>
internal sealed class SealedObserver(ISealedObserver client, byte[] label, SealedCalls calls) : IMulticastClientObserver
{
    internal ISealedObserver Client => client;

    internal byte[] Label => label;

    public ValueTask<Acknowledgement> Deliver(Batch batch) => calls.AskAsync<Acknowledgement>(label, batch, client.Ask);

    public Task Settled(ulong id, Acknowledgement acknowledgement) => client.Tell(calls.Seal(label, new ClientObserverSettledMessage(id, acknowledgement)));

    public async ValueTask Detach(ulong id) => await calls.AskAsync<bool>(label, new ClientObserverDetachMessage(id), client.Ask);
}
