namespace McCache.Streaming;

/// <summary>What a silo does for clients outside the cluster.</summary>
internal sealed class GatewayCalls(MulticastMembers members, ILocalSiloDetails silo)
{
    internal ValueTask<Grant> AttachAsync(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver client)
        => (members.Find(provider) ?? throw new InvalidOperationException($"Silo {silo.SiloAddress} has no multicast provider '{provider}'; add it with AddMulticastStreams."))
            .AttachClientAsync(id, duration, interest, client);

    internal Grant Renew(Attachment attachment, TimeSpan duration) => Find(attachment)?.Renew(duration) ?? new Grant(silo.SiloAddress, false, TimeSpan.Zero);

    internal ValueTask<bool> ListenAsync(Attachment attachment, Interest interest) => Find(attachment)?.ListenAsync(interest) ?? new(false);

    internal Acknowledgement Deliver(Attachment attachment, Batch batch) => Find(attachment)?.Receive(batch) ?? Acknowledgement.None;

    internal void Settled(Attachment attachment, Acknowledgement acknowledgement) => Find(attachment)?.OnSettled(acknowledgement);

    /// <summary>Answers on the thread pool: an answer may take longer than a turn of the gateway should.</summary>
    internal Task<byte[]> AskAsync(Attachment attachment, byte[] stream, byte[] request)
    {
        if (Find(attachment) is not { } client)
            return Task.FromResult<byte[]>([]);
        if (!client.TryPay(request))
            return Task.FromResult<byte[]>([]);
        client.CheckHear(stream);
        return Task.Run(() => members.Find(attachment.Provider)!.Answer(stream, request));
    }

    internal void Detach(Attachment attachment) => Find(attachment)?.Leave();

    private AttachedClient? Find(Attachment attachment) => silo.SiloAddress.Equals(attachment.Silo) ? members.Find(attachment.Provider)?.FindClient(attachment.Id) : null;
}
