namespace McCache.Streaming;

/// <summary>Tells a subscriber of a multicast stream that it has missed items: they could not be delivered in order, and never will be. What comes after it is in order again.</summary>
[GenerateSerializer, Alias(WireAliases.GapException)]
public sealed class MulticastGapException : Exception
{
    /// <summary>Creates the exception.</summary>
    public MulticastGapException()
        : this("Items of a multicast stream were lost.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">The message.</param>
    public MulticastGapException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public MulticastGapException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a stream.</summary>
    /// <param name="providerName">The name of the stream provider.</param>
    /// <param name="streamId">The stream.</param>
    public MulticastGapException(string providerName, StreamId streamId)
        : base($"Items of stream {streamId} of multicast provider '{providerName}' were lost on the way to this subscription.")
        => (ProviderName, StreamId) = (providerName, streamId);

    /// <summary>The name of the stream provider.</summary>
    [Id(0)]
    public string ProviderName { get; private set; } = "";

    /// <summary>The stream whose items were lost.</summary>
    [Id(1)]
    public StreamId StreamId { get; private set; }
}
