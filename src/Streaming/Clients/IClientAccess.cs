namespace McCache.Streaming;

/// <summary>Decides what a client outside the cluster may do at its gateway. Each method throws an <see cref="UnauthorizedAccessException"/> for what it may not; it reaches the client.</summary>
internal interface IClientAccess
{
    void CheckAttach(string provider, string client);

    /// <summary>Whether it may hear what is published on a stream, and ask the stream's handler.</summary>
    void CheckHear(string provider, StreamId stream, string client);

    void CheckPublish(string provider, StreamId stream, string client);
}
