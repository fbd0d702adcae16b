using Orleans.Serialization;
using Orleans.Streams;

namespace McCache.Streaming;

/// <summary>The stream provider: hands out streams of one member.</summary>
internal sealed class MulticastStreamProvider(MulticastMember member, Serializer serializer, IGrainContextAccessor grains) : IStreamProvider
{
    public string Name => member.Name;

    public bool IsRewindable => false;

    internal MulticastMember Member => member;

    internal Serializer Serializer => serializer;

    /// <summary>The activation whose turn this is; null outside grains, where Orleans gives the context of the silo's own client.</summary>
    internal IGrainContext? CurrentGrain => grains.GrainContext is { } grain && !grain.GrainId.IsClient() ? grain : null;

    public IAsyncStream<T> GetStream<T>(StreamId streamId)
    {
        _ = StreamNames.GetLength(streamId); // refuses what no frame can name
        return new MulticastStream<T>(this, streamId);
    }

    /// <exception cref="NotSupportedException">There is a token.</exception>
    internal static void RefuseToken(StreamSequenceToken? token)
    {
        if (token is not null)
            throw new NotSupportedException("Multicast streams have no sequence tokens: nothing is stored, so nothing can be replayed. Pass null.");
    }
}
