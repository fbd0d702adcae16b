namespace McCache.Streaming;

/// <summary>By sealed calls.</summary>
internal sealed class SealedGatewayLink(ISealedGateway gateway, SealedCalls calls) : IGatewayLink
{
    public ValueTask<Grant> Attach(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver client)
    {
        var self = (SealedObserver)client;
        return AskAsync<Grant>(new AttachMessage(provider, id, duration, interest, self.Client, self.Label));
    }

    public ValueTask<Grant> Renew(Attachment attachment, TimeSpan duration) => AskAsync<Grant>(new RenewMessage(attachment, duration));

    public ValueTask<bool> Listen(Attachment attachment, Interest interest) => AskAsync<bool>(new ListenMessage(attachment, interest));

    public ValueTask<Acknowledgement> Deliver(Attachment attachment, Batch batch) => AskAsync<Acknowledgement>(new ClientBatchMessage(attachment, batch));

    public Task Settled(Attachment attachment, Acknowledgement acknowledgement)
        => gateway.Tell(calls.Seal(SealedCalls.Gateway, new ClientSettledMessage(attachment, acknowledgement)));

    public ValueTask<byte[]> Ask(Attachment attachment, byte[] stream, byte[] request) => AskAsync<byte[]>(new ClientAskMessage(attachment, stream, request));

    public Task Detach(Attachment attachment) => AskAsync<bool>(new DetachMessage(attachment)).AsTask();

    private ValueTask<T> AskAsync<T>(object question) => calls.AskAsync<T>(SealedCalls.Gateway, question, gateway.Ask);
}
