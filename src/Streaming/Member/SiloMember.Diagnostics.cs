namespace McCache.Streaming;

/// <content>What is told of it to people.</content>
internal sealed partial class SiloMember
{
    /// <summary>The lanes to the other silos.</summary>
    internal IEnumerable<LaneSnapshot> ReadLanes()
        => from peer in Volatile.Read(ref _lanes)
           orderby peer.Silo
           let lane = peer.Read()
           select new LaneSnapshot(Name, peer.Silo, lane.Frames, lane.Bytes, lane.InFlight, lane.Awaited, lane.Failures, lane.Retries, lane.Gaps);

    internal MulticastSnapshot Read()
    {
        var counted = Counters.Read();
        return new(Name, counted.Published, counted.Applied, counted.Batches, counted.Retries, counted.Gaps, Counters.RoundTrips.Read());
    }
}
