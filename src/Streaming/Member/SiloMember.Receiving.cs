namespace McCache.Streaming;

/// <content>The way in from other silos. Called in turns of the endpoint, so one batch at a time.</content>
internal sealed partial class SiloMember
{
    internal Acknowledgement Receive(Batch batch) => FindPublisher(batch) is { } publisher ? Receive(publisher, batch) : Acknowledgement.None;

    /// <summary>A member says that more of this one's frames are settled.</summary>
    internal void OnSettled(Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
    {
        if (publisher == Incarnation && _peers.TryGetValue(receiver, out var peer))
            peer.OnSettled(acknowledgement);
    }

    public ValueTask<byte[]> AskAsync(SiloAddress silo, StreamId stream, byte[] request) => Transport.AskAsync(silo, Name, StreamNames.Of(stream), request);

    /// <returns>Null for a silo that is not live in this one's view. It has not started, or is dead; it sends again until this one knows better, or it does.</returns>
    private Publisher? FindPublisher(Batch batch)
    {
        var incarnation = batch.Publisher;
        if (_publishers.TryGetValue(incarnation.Silo, out var known) && known.Incarnation == incarnation)
            return known;
        Publisher publisher;
        lock (_publishing)
        {
            if (_lease?.Live.Contains(incarnation.Silo) != true)
                return null;
            _publishers[incarnation.Silo] = publisher = new Publisher(this, incarnation, NewRandom());
        }

        if (known is not null)
            Lose(Gap.All, GapReason.PublisherChanged, publisher, batch.Mark);
        if (batch.Since > 0)
            LoseReplicas(incarnation.Silo, batch.Since);
        return publisher;
    }

    /// <summary>What was published before a lane began concerns replicas only: others, clients included, hold nothing that is older than their start.</summary>
    private void LoseReplicas(SiloAddress publisher, long upTo)
    {
        foreach (var (_, listeners) in Streams.All)
        {
            if (listeners.Handler is { IsReplica: true })
                Lose(listeners with { Subscriptions = [] }, publisher, upTo);
        }
    }
}
