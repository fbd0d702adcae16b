using Orleans.Concurrency;

namespace McCache.Streaming;

/// <summary>
/// Where a client outside the cluster attaches: the silo that answers is its gateway, as long as its attachment lasts. Which silo answers a call depends on the client's connections, so every
/// later call names the silo, and one that is not it, or has forgotten the client, says so.
/// </summary>
[Alias(WireAliases.Gateway)]
internal interface IMulticastGateway : IGrainWithIntegerKey
{
    /// <summary>Attaches a client: from now on it gets what is published on the streams that it names.</summary>
    /// <param name="provider">The name of the provider.</param>
    /// <param name="id">A random number that no other attachment has.</param>
    /// <param name="duration">The client's own D.</param>
    /// <param name="interest">What it listens to.</param>
    /// <param name="client">The client.</param>
    [Alias("Attach"), ResponseTimeout("00:00:03")]
    ValueTask<Grant> Attach(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver client);

    /// <summary>Renews the client's lease.</summary>
    [Alias("Renew"), ResponseTimeout("00:00:03")]
    ValueTask<Grant> Renew(Attachment attachment, TimeSpan duration);

    /// <summary>Changes what the client listens to.</summary>
    /// <returns>False when the silo does not know the client.</returns>
    [Alias("Listen"), ResponseTimeout("00:00:03")]
    ValueTask<bool> Listen(Attachment attachment, Interest interest);

    /// <summary>Takes a batch of what the client publishes, and says how far the gateway is.</summary>
    [Alias("Deliver"), ResponseTimeout("00:00:03")]
    ValueTask<Acknowledgement> Deliver(Attachment attachment, Batch batch);

    /// <summary>The client has settled more.</summary>
    [Alias("Settled"), OneWay]
    Task Settled(Attachment attachment, Acknowledgement acknowledgement);

    /// <summary>Asks the gateway's frame handler of a stream something. Empty when the silo does not know the client, or can't answer.</summary>
    [Alias("Ask"), ResponseTimeout("00:00:03")]
    ValueTask<byte[]> Ask(Attachment attachment, byte[] stream, byte[] request);

    /// <summary>The client serves nothing any more: nobody need wait for it.</summary>
    [Alias("Detach"), ResponseTimeout("00:00:01")]
    Task Detach(Attachment attachment);
}

/// <summary>How a gateway reaches its client. Calls come one at a time.</summary>
[Alias(WireAliases.ClientObserver)]
internal interface IMulticastClientObserver : IGrainObserver
{
    /// <summary>Takes a batch, and says how far the client is; <see cref="Acknowledgement.None"/> when it is not attached there any more.</summary>
    [Alias("Deliver"), ResponseTimeout("00:00:03")]
    ValueTask<Acknowledgement> Deliver(Batch batch);

    /// <summary>More of what the client has published is settled.</summary>
    [Alias("Settled"), OneWay]
    Task Settled(ulong id, Acknowledgement acknowledgement);

    /// <summary>The gateway is about to stop: when the call returns, the client serves nothing on its word any more.</summary>
    [Alias("Detach"), ResponseTimeout("00:00:01")]
    ValueTask Detach(ulong id);
}

/// <summary>A client's attachment to its gateway.</summary>
/// <param name="Provider">The name of the provider.</param>
/// <param name="Silo">The gateway.</param>
/// <param name="Id">A random number that no other attachment has.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Attachment)]
internal readonly record struct Attachment([property: Id(0)] string Provider, [property: Id(1)] SiloAddress Silo, [property: Id(2)] ulong Id);

/// <summary>What a client listens to.</summary>
/// <param name="Version">Grows: an older one changes nothing.</param>
/// <param name="Streams">The names of the streams.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Interest)]
internal readonly record struct Interest([property: Id(0)] long Version, [property: Id(1)] byte[][] Streams);

/// <summary>A gateway's answer to a client that wants to serve its copies.</summary>
/// <param name="Silo">The silo that answers.</param>
/// <param name="IsKnown">Whether it knows the attachment.</param>
/// <param name="Duration">How long the client may serve, counted from when it asked; zero when the gateway itself may not.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Grant)]
internal readonly record struct Grant([property: Id(0)] SiloAddress Silo, [property: Id(1)] bool IsKnown, [property: Id(2)] TimeSpan Duration);
