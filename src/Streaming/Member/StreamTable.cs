using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace McCache.Streaming;

/// <summary>Who listens to a stream here.</summary>
internal sealed record StreamListeners(IFrameHandler? Handler, ImmutableArray<Subscription> Subscriptions, ImmutableArray<AttachedClient> Clients)
{
    internal static readonly StreamListeners None = new(null, [], []);

    internal bool IsEmpty => Handler is null && Subscriptions.IsEmpty && Clients.IsEmpty;
}

/// <summary>The streams that this member listens to. Reading takes no lock.</summary>
internal sealed class StreamTable
{
    private readonly ConcurrentDictionary<byte[], StreamListeners> _streams = new(StreamNames.Comparer);
    private int _version;
    private bool _hasHandlers;
    private bool _hasReplicas;

    internal IEnumerable<KeyValuePair<byte[], StreamListeners>> All => _streams;

    /// <summary>The names of the streams that have a frame handler.</summary>
    internal IEnumerable<byte[]> Handled => _streams.Where(stream => stream.Value.Handler is not null).Select(stream => stream.Key);

    /// <summary>Whether any stream has had a frame handler.</summary>
    internal bool HasHandlers => Volatile.Read(ref _hasHandlers);

    /// <summary>Whether any stream has had a frame handler that keeps a replica.</summary>
    internal bool HasReplicas => Volatile.Read(ref _hasReplicas);

    /// <summary>Grows with every change, after it.</summary>
    internal int Version => Volatile.Read(ref _version);

    internal StreamListeners Find(ReadOnlySpan<byte> name) => Find(name, out _);

    /// <param name="name">The name of a stream, as it lies in a batch.</param>
    /// <param name="known">The same, to keep; empty for a stream to which nobody listens.</param>
    internal StreamListeners Find(ReadOnlySpan<byte> name, out byte[] known)
    {
        if (_streams.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var key, out var listeners))
        {
            known = key;
            return listeners;
        }

        known = [];
        return StreamListeners.None;
    }

    /// <exception cref="InvalidOperationException">The stream has a handler already.</exception>
    internal void Attach(byte[] name, IFrameHandler handler)
    {
        Volatile.Write(ref _hasHandlers, true);
        if (handler.IsReplica)
            Volatile.Write(ref _hasReplicas, true);
        _streams.AddOrUpdate(
            name,
            static (_, handler) => StreamListeners.None with { Handler = handler },
            static (_, known, handler) => known.Handler is null
                ? known with { Handler = handler }
                : throw new InvalidOperationException("The stream has a frame handler already."),
            handler);
        Interlocked.Increment(ref _version);
    }

    internal void Add(Subscription subscription)
        => Change(subscription.StreamName, known => known with { Subscriptions = known.Subscriptions.Add(subscription) });

    internal void Remove(Subscription subscription)
        => Change(subscription.StreamName, known => known with { Subscriptions = known.Subscriptions.Remove(subscription) });

    internal void Add(byte[] stream, AttachedClient client) => Change(stream, known => known with { Clients = known.Clients.Add(client) });

    internal void Remove(byte[] stream, AttachedClient client) => Change(stream, known => known with { Clients = known.Clients.Remove(client) });

    private void Change(byte[] stream, Func<StreamListeners, StreamListeners> change)
    {
        for (var done = false; !done;)
        {
            var isKnown = _streams.TryGetValue(stream, out var known);
            var changed = change(known ?? StreamListeners.None);
            done = isKnown
                ? changed.IsEmpty ? _streams.TryRemove(KeyValuePair.Create(stream, known!)) : _streams.TryUpdate(stream, changed, known!)
                : changed.IsEmpty || _streams.TryAdd(stream, changed);
        }

        Interlocked.Increment(ref _version);
    }
}

/// <summary>Who listens to the streams of one frame after another: most often they are of the same stream. Finds what the table does, except for a change that has not returned yet.</summary>
internal struct StreamCursor(StreamTable table)
{
    private byte[] _name = []; // no stream's
    private StreamListeners _listeners = StreamListeners.None;
    private int _version;

    /// <summary>The name of the stream that was found last, to keep; empty when nobody listens to it.</summary>
    internal readonly byte[] Name => _name;

    internal StreamListeners Find(ReadOnlySpan<byte> name)
    {
        var version = table.Version;
        if (version == _version && name.SequenceEqual(_name))
            return _listeners;
        _version = version;
        return _listeners = table.Find(name, out _name);
    }
}
