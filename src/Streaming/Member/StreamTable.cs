using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace McCache.Streaming;

/// <summary>Who listens to a stream here.</summary>
internal sealed record StreamListeners(IFrameHandler? Handler, ImmutableArray<Subscription> Subscriptions)
{
    internal static readonly StreamListeners None = new(null, []);

    internal bool IsEmpty => Handler is null && Subscriptions.IsEmpty;
}

/// <summary>The streams that this member listens to. Reading takes no lock.</summary>
internal sealed class StreamTable
{
    private readonly ConcurrentDictionary<byte[], StreamListeners> _streams = new(StreamNames.Comparer);
    private bool _hasHandlers;
    private bool _hasReplicas;

    internal IEnumerable<StreamListeners> All => _streams.Values;

    /// <summary>The names of the streams that have a frame handler.</summary>
    internal IEnumerable<byte[]> Handled => _streams.Where(stream => stream.Value.Handler is not null).Select(stream => stream.Key);

    /// <summary>Whether any stream has had a frame handler.</summary>
    internal bool HasHandlers => Volatile.Read(ref _hasHandlers);

    /// <summary>Whether any stream has had a frame handler that keeps a replica.</summary>
    internal bool HasReplicas => Volatile.Read(ref _hasReplicas);

    internal StreamListeners Find(ReadOnlySpan<byte> name)
        => _streams.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var listeners) ? listeners : StreamListeners.None;

    /// <exception cref="InvalidOperationException">The stream has a handler already.</exception>
    internal void Attach(byte[] name, IFrameHandler handler)
    {
        Volatile.Write(ref _hasHandlers, true);
        if (handler.IsReplica)
            Volatile.Write(ref _hasReplicas, true);
        _streams.AddOrUpdate(
            name,
            static (_, handler) => new(handler, []),
            static (_, known, handler) => known.Handler is null
                ? known with { Handler = handler }
                : throw new InvalidOperationException("The stream has a frame handler already."),
            handler);
    }

    internal void Add(Subscription subscription) => _streams.AddOrUpdate(
        subscription.StreamName,
        static (_, subscription) => new(null, [subscription]),
        static (_, known, subscription) => known with { Subscriptions = known.Subscriptions.Add(subscription) },
        subscription);

    internal void Remove(Subscription subscription)
    {
        while (_streams.TryGetValue(subscription.StreamName, out var known))
        {
            var rest = known with { Subscriptions = known.Subscriptions.Remove(subscription) };
            var done = rest.IsEmpty
                ? _streams.TryRemove(new KeyValuePair<byte[], StreamListeners>(subscription.StreamName, known))
                : _streams.TryUpdate(subscription.StreamName, rest, known);
            if (done)
                return;
        }
    }
}
