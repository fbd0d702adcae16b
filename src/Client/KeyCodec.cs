using Orleans.Serialization;

namespace McCache.Client;

/// <summary>Turns keys into bytes and back, by Orleans' serializer.</summary>
/// <remarks>Resolved at the first write, so that a cache that is only filled never needs a serializer for its keys.</remarks>
internal sealed class KeyCodec<TKey>(string cache, IServiceProvider services)
    where TKey : notnull
{
    private Serializer<TKey>? _serializer;

    /// <exception cref="NotSupportedException">Orleans has no serializer for the key.</exception>
    internal void Write(FrameBuffer buffer, TKey key)
    {
        try
        {
            Serializer.Serialize(key, buffer);
        }
        catch (CodecNotFoundException exception)
        {
            throw new NotSupportedException(
                $"Cache '{cache}' cannot tell the other members about a key of type '{key.GetType()}': Orleans has no serializer for it. "
                + "Mark the type with [GenerateSerializer] and its members with [Id(n)], or use a key type that Orleans knows. Nothing was changed.",
                exception);
        }
    }

    /// <summary>Reads a key. Throws whatever the serializer throws for bytes that it did not write.</summary>
    internal TKey Read(ReadOnlySpan<byte> bytes)
        => Serializer.Deserialize(bytes) ?? throw new InvalidDataException("A key is never null.");

    private Serializer<TKey> Serializer => _serializer ??= services.GetRequiredService<Serializer<TKey>>();
}
