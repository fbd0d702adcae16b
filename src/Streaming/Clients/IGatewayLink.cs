namespace McCache.Streaming;

/// <summary>A client's way to its gateway: the calls of <see cref="IMulticastGateway"/>. Every method may fail by any exception, and may take any time.</summary>
internal interface IGatewayLink
{
    /// <inheritdoc cref="IMulticastGateway.Attach"/>
    ValueTask<Grant> Attach(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver client);

    /// <inheritdoc cref="IMulticastGateway.Renew"/>
    ValueTask<Grant> Renew(Attachment attachment, TimeSpan duration);

    /// <inheritdoc cref="IMulticastGateway.Listen"/>
    ValueTask<bool> Listen(Attachment attachment, Interest interest);

    /// <inheritdoc cref="IMulticastGateway.Deliver"/>
    ValueTask<Acknowledgement> Deliver(Attachment attachment, Batch batch);

    /// <inheritdoc cref="IMulticastGateway.Settled"/>
    Task Settled(Attachment attachment, Acknowledgement acknowledgement);

    /// <inheritdoc cref="IMulticastGateway.Ask"/>
    ValueTask<byte[]> Ask(Attachment attachment, byte[] stream, byte[] request);

    /// <inheritdoc cref="IMulticastGateway.Detach"/>
    Task Detach(Attachment attachment);
}

/// <summary>By plain calls.</summary>
internal sealed class GatewayLink(IMulticastGateway gateway) : IGatewayLink
{
    public ValueTask<Grant> Attach(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver client) => gateway.Attach(provider, id, duration, interest, client);

    public ValueTask<Grant> Renew(Attachment attachment, TimeSpan duration) => gateway.Renew(attachment, duration);

    public ValueTask<bool> Listen(Attachment attachment, Interest interest) => gateway.Listen(attachment, interest);

    public ValueTask<Acknowledgement> Deliver(Attachment attachment, Batch batch) => gateway.Deliver(attachment, batch);

    public Task Settled(Attachment attachment, Acknowledgement acknowledgement) => gateway.Settled(attachment, acknowledgement);

    public ValueTask<byte[]> Ask(Attachment attachment, byte[] stream, byte[] request) => gateway.Ask(attachment, stream, request);

    public Task Detach(Attachment attachment) => gateway.Detach(attachment);
}
