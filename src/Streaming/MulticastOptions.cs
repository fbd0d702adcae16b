namespace McCache.Streaming;

/// <summary>
/// Options of one multicast stream provider, bound from the configuration section <c>McCache:Multicast:NAME</c>, which has the last word, and checked when the host starts.
/// </summary>
public sealed class MulticastOptions
{
    /// <summary>The configuration section under which each provider has a section of its own.</summary>
    public const string Section = "McCache:Multicast";

    /// <summary>
    /// The frames that wait for one other silo at most, from 1,000 to 10,000,000. One more, and the whole queue is dropped and the silo told of the gap: a silo that
    /// hangs costs memory only within this bound, and nobody else anything. Default 100,000.
    /// </summary>
    public int MaxLaneFrames { get; set; } = 100_000;

    /// <summary>The bytes that wait for one other silo at most, from 64 KiB to 1 GiB; also the largest item. Default 64 MiB.</summary>
    public long MaxLaneBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// The items that wait for one subscription at most, from 1 to 10,000,000. One more, and the whole queue is dropped and the subscription told of the gap. Default 10,000.
    /// </summary>
    public int MaxQueuedItems { get; set; } = 10_000;

    /// <summary>The bytes that wait for one subscription at most, from 64 KiB to 1 GiB; one item is accepted whatever its size. Default 16 MiB.</summary>
    public long MaxQueuedBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The clients outside the cluster that have this silo as their gateway at most, from 0 (none) to 1,000,000; one more has to look for another. Default 10,000.</summary>
    public int MaxClients { get; set; } = 10_000;

    /// <summary>How often one client process is attached to this silo at most, from 1 to 1,000. It is once, and more while attachments that it has left run out. Default 8.</summary>
    public int MaxAttachmentsPerClient { get; set; } = 8;

    /// <summary>The streams that a client listens to at most, its caches included, from 1 to 1,000,000. Default 1,000.</summary>
    public int MaxClientStreams { get; set; } = 1_000;

    /// <summary>
    /// The frames that a client may publish in a second, and what it asks its gateway, on average, from 1 to 10,000,000; a second's worth may come at once. What is more waits at the client. Default 100,000.
    /// </summary>
    public int MaxClientFramesPerSecond { get; set; } = 100_000;

    /// <summary>The bytes that a client may publish in a second, names and items counted in full however they are packed, on average, from 64 KiB to 16 GiB; a second's worth, or one item of any legal size, may come at once. What is more waits at the client. Default 64 MiB.</summary>
    public long MaxClientBytesPerSecond { get; set; } = 64 * 1024 * 1024;

    /// <summary>Whether silos get nothing of streams to which nobody there listens. Then handlers attach before the start, and what begins to listen later waits until every other silo knows.</summary>
    internal bool HasTopics { get; set; }
}
