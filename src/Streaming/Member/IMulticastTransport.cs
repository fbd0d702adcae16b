namespace McCache.Streaming;

/// <summary>Carries batches to other members.</summary>
internal interface IMulticastTransport
{
    /// <summary>One attempt. Fails, by whatever exception, when there is no answer in time.</summary>
    ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch);

    /// <summary>Asks another member's frame handler of a stream something. Fails, by whatever exception, when there is no answer in time.</summary>
    ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request);

    /// <summary>Tells a publisher unasked that more of its frames are settled. May be lost.</summary>
    void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement);
}
