using Orleans.Concurrency;

namespace McCache.Streaming;

/// <summary>The calls of <see cref="IMulticastGateway"/>, in envelopes.</summary>
[Alias(WireAliases.SealedGateway)]
internal interface ISealedGateway : IGrainWithIntegerKey
{
    /// <summary>One that has an answer.</summary>
    [Alias("Ask"), ResponseTimeout("00:00:03")]
    ValueTask<byte[]> Ask(byte[] envelope);

    /// <summary>One that has none.</summary>
    [Alias("Tell"), OneWay]
    Task Tell(byte[] envelope);
}

/// <summary>The calls of <see cref="IMulticastClientObserver"/>, in envelopes.</summary>
[Alias(WireAliases.SealedObserver)]
internal interface ISealedObserver : IGrainObserver
{
    /// <summary>One that has an answer.</summary>
    [Alias("Ask"), ResponseTimeout("00:00:03")]
    ValueTask<byte[]> Ask(byte[] envelope);

    /// <summary>One that has none.</summary>
    [Alias("Tell"), OneWay]
    Task Tell(byte[] envelope);
}
