using Orleans.Streams;

namespace McCache.Streaming;

/// <summary>A stream on its way through a grain call: the receiver finds it again with its own provider of the same name.</summary>
[GenerateSerializer, Immutable, Alias(WireAliases.StreamReference)]
internal struct MulticastStreamReference<T>
{
    [Id(0)]
    internal string Provider;

    [Id(1)]
    internal StreamId Stream;
}

/// <inheritdoc cref="MulticastStreamReference{T}"/>
[RegisterConverter]
internal sealed class MulticastStreamConverter<T>(IServiceProvider services) : IConverter<MulticastStream<T>, MulticastStreamReference<T>>
{
    public MulticastStream<T> ConvertFromSurrogate(in MulticastStreamReference<T> surrogate)
        => services.GetKeyedService<IStreamProvider>(surrogate.Provider) is MulticastStreamProvider provider
            ? (MulticastStream<T>)provider.GetStream<T>(surrogate.Stream)
            : throw new NotSupportedException($"There is no multicast provider '{surrogate.Provider}' here: a multicast stream can be sent only where it was added with AddMulticastStreams.");

    public MulticastStreamReference<T> ConvertToSurrogate(in MulticastStream<T> value) => new() { Provider = value.ProviderName, Stream = value.StreamId };
}
