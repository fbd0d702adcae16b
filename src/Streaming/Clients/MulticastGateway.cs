using Orleans.Concurrency;

namespace McCache.Streaming;

/// <inheritdoc cref="IMulticastGateway"/>
[StatelessWorker(1, false)]
[Reentrant]
internal sealed class MulticastGateway(MulticastMembers members, ILocalSiloDetails silo) : Grain, IMulticastGateway
{
    public ValueTask<Grant> Attach(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver client)
        => (members.Find(provider) ?? throw new InvalidOperationException($"Silo {silo.SiloAddress} has no multicast provider '{provider}'; add it with AddMulticastStreams."))
            .AttachClientAsync(id, duration, interest, client);

    public ValueTask<Grant> Renew(Attachment attachment, TimeSpan duration) => new(Find(attachment)?.Renew(duration) ?? new Grant(silo.SiloAddress, false, TimeSpan.Zero));

    public ValueTask<bool> Listen(Attachment attachment, Interest interest) => Find(attachment)?.ListenAsync(interest) ?? new(false);

    public ValueTask<Acknowledgement> Deliver(Attachment attachment, Batch batch) => new(Find(attachment)?.Receive(batch) ?? Acknowledgement.None);

    public Task Settled(Attachment attachment, Acknowledgement acknowledgement)
    {
        Find(attachment)?.OnSettled(acknowledgement);
        return Task.CompletedTask;
    }

    /// <summary>Answers on the thread pool: an answer may take longer than a turn of the gateway should.</summary>
    public ValueTask<byte[]> Ask(Attachment attachment, byte[] stream, byte[] request)
        => Find(attachment) is not null ? new(Task.Run(() => members.Find(attachment.Provider)!.Answer(stream, request))) : new([]);

    public Task Detach(Attachment attachment)
    {
        Find(attachment)?.Leave();
        return Task.CompletedTask;
    }

    private AttachedClient? Find(Attachment attachment) => silo.SiloAddress.Equals(attachment.Silo) ? members.Find(attachment.Provider)?.FindClient(attachment.Id) : null;
}
