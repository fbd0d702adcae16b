using Orleans.Concurrency;

namespace McCache.Streaming;

/// <inheritdoc cref="IMulticastGateway"/>
[StatelessWorker(1, false)]
[Reentrant]
internal sealed class MulticastGateway(GatewayCalls gateway, SealedCalls calls) : Grain, IMulticastGateway
{
    public ValueTask<Grant> Attach(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver client)
    {
        calls.TakePlain();
        return gateway.AttachAsync(provider, id, duration, interest, client);
    }

    public ValueTask<Grant> Renew(Attachment attachment, TimeSpan duration)
    {
        calls.TakePlain();
        return new(gateway.Renew(attachment, duration));
    }

    public ValueTask<bool> Listen(Attachment attachment, Interest interest)
    {
        calls.TakePlain();
        return gateway.ListenAsync(attachment, interest);
    }

    public ValueTask<Acknowledgement> Deliver(Attachment attachment, Batch batch)
    {
        calls.TakePlain();
        return new(gateway.Deliver(attachment, batch));
    }

    public Task Settled(Attachment attachment, Acknowledgement acknowledgement)
    {
        calls.TakePlain();
        gateway.Settled(attachment, acknowledgement);
        return Task.CompletedTask;
    }

    public ValueTask<byte[]> Ask(Attachment attachment, byte[] stream, byte[] request)
    {
        calls.TakePlain();
        return new(gateway.AskAsync(attachment, stream, request));
    }

    public Task Detach(Attachment attachment)
    {
        calls.TakePlain();
        gateway.Detach(attachment);
        return Task.CompletedTask;
    }
}
