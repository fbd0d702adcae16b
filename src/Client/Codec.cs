using System.Buffers;
using Orleans.Serialization;

namespace McCache.Client;

/// <summary>Turns keys, or values, into bytes and back, by Orleans' serializer.</summary>
/// <remarks>Resolved at the first write, so that a cache that is only filled never needs a serializer.</remarks>
internal sealed class Codec<T>(string cache, string what, IServiceProvider services)
{
    private Serializer<T>? _serializer;

    private Serializer<T> Serializer => _serializer ??= services.GetRequiredService<Serializer<T>>();

    /// <exception cref="NotSupportedException">Orleans has no serializer for it.</exception>
    internal void Write<TBuffer>(TBuffer buffer, T item)
        where TBuffer : IBufferWriter<byte>
    {
        try
        {
            Serializer.Serialize(item, buffer);
        }
        catch (CodecNotFoundException exception)
        {
            throw new NotSupportedException(
                $"Cache '{cache}' cannot tell the other members about a {what} of type '{item?.GetType() ?? typeof(T)}': Orleans has no serializer for it, or for a part of it ({exception.Message.TrimEnd('.')}). "
                + $"Mark the type with [GenerateSerializer] and its members with [Id(n)], or use a {what} type that Orleans knows. Nothing was changed.",
                exception);
        }
    }

    /// <summary>Reads one. Throws whatever the serializer throws for bytes that it did not write.</summary>
    internal T? Read(ReadOnlySpan<byte> bytes) => Serializer.Deserialize(bytes);

    /// <inheritdoc cref="Read(ReadOnlySpan{byte})"/>
    internal T? Read(ReadOnlySequence<byte> bytes) => Serializer.Deserialize(bytes);
}
