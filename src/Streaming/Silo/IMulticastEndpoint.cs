using Orleans.Concurrency;
using Orleans.Services;

namespace McCache.Streaming;

/// <summary>Where a silo receives what others multicast: one for all its providers, addressed by <see cref="SiloAddress"/>.</summary>
[Alias(WireAliases.Endpoint)]
internal interface IMulticastEndpoint : IGrainService
{
    /// <summary>Takes a batch, and says how far the receiver is.</summary>
    [Alias("Deliver"), ResponseTimeout("00:00:03")]
    ValueTask<Acknowledgement> Deliver(Batch batch);

    /// <summary>Asks the frame handler of a stream something; see <see cref="IFrameHandler.Answer"/>.</summary>
    [Alias("Ask"), ResponseTimeout("00:00:03")]
    ValueTask<byte[]> Ask(string provider, byte[] stream, byte[] request);

    /// <summary>Tells a publisher that more of its frames are settled at a receiver.</summary>
    [Alias("Settled"), OneWay]
    Task Settled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement);

    /// <summary>One of the calls above that has an answer, in an envelope.</summary>
    [Alias("Sealed"), ResponseTimeout("00:00:03")]
    ValueTask<byte[]> Sealed(byte[] envelope);

    /// <summary>One that has none.</summary>
    [Alias("SealedOneWay"), OneWay]
    Task SealedOneWay(byte[] envelope);
}
