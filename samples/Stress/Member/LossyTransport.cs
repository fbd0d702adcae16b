using McCache.Streaming;

namespace McCache.Stress.Member;

/// <summary>
/// Loses a share of the batches while told to, half of them on the way there and half on the way back, which makes the receiver see them twice; some others are held up.
/// </summary>
internal sealed class LossyTransport(IMulticastTransport inner, Counters counters) : IMulticastTransport
{
    private const double DelayedShare = 0.1;
    private const int MaxDelayMilliseconds = 100;

    private double _share;

    /// <summary>The share to lose, 0 to 1.</summary>
    internal double Share
    {
        get => Volatile.Read(ref _share);
        set => Volatile.Write(ref _share, value);
    }

    public ValueTask<Acknowledgement> DeliverAsync(SiloAddress destination, Batch batch)
        => Share > 0 ? DeliverBadlyAsync(destination, batch) : inner.DeliverAsync(destination, batch);

    public ValueTask<byte[]> AskAsync(SiloAddress destination, string provider, byte[] stream, byte[] request) => inner.AskAsync(destination, provider, stream, request);

    public void SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
    {
        if (!IsLost())
            inner.SendSettled(provider, publisher, receiver, acknowledgement);
    }

    private async ValueTask<Acknowledgement> DeliverBadlyAsync(SiloAddress destination, Batch batch)
    {
        var random = Random.Shared;
        if (random.NextDouble() < DelayedShare)
            await Task.Delay(random.Next(1, MaxDelayMilliseconds));
        if (!IsLost())
            return await inner.DeliverAsync(destination, batch);
        if (random.Next(2) == 0)
            await inner.DeliverAsync(destination, batch);
        throw new TimeoutException("The batch or its answer was lost on purpose.");
    }

    private bool IsLost()
    {
        if (Random.Shared.NextDouble() >= Share)
            return false;
        Interlocked.Increment(ref counters.Drops);
        return true;
    }
}
