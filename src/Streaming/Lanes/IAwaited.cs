namespace McCache.Streaming;

/// <summary>Somebody who waits until a frame is settled at one place.</summary>
internal interface IAwaited
{
    /// <summary>Nobody waits any more; there is no need to remember.</summary>
    bool IsAbandoned { get; }

    /// <summary>One more place must settle the frame.</summary>
    void Hold();

    /// <summary>The frame met something newer there, or it is not known what it met: it was lost, or the place has gone. Called before <see cref="Settle"/>.</summary>
    void Overrule(Settlement by);

    /// <summary>The frame was refused there, and has changed nothing. Called before <see cref="Settle"/>.</summary>
    void Refuse(string reason);

    /// <summary>The frame is settled there. Quick, throws nothing, and may be called under a lock.</summary>
    void Settle();
}
