using McCache.Core;
using McCache.Streaming;
using Orleans.Serialization;

namespace McCache.Client;

/// <summary>
/// A client's copy of a cache, of either mode: it holds what the client has written or asked for, and drops what anybody else writes. In a replicated cache its writes carry their values, which the
/// gateway makes its own, and a fill asks the gateway's copy before the factory.
/// </summary>
/// <remarks>
/// <para>It takes no value that another member has written: of a write of its own, on its way to the gateway, nobody knows yet whether it is older or newer than that. Dropping is never wrong.</para>
/// <para>What is set here gets its version from the gateway, perhaps after the verb has returned. A coherent verb of somebody else that began in between must win over it all the same: this client
/// then says, as any replica does, that it has something newer, once the gateway has made that; and the verb is made again, later.</para>
/// <para>What the gateway's copy held when it was asked was whole: a change that comes to it later is told to this client later, too, and breaks the flight, for the flight began before. It is asked
/// when it has everything that this client had written. Which tags an entry has is known with its value only, so the removal of any tag breaks every flight.</para>
/// </remarks>
internal sealed class NearCache<TKey, TValue>(LocalCache<TKey, TValue> local, CacheMember member, CacheOptions options) : InvalidatingCache<TKey, TValue>(local, member, options), IFrameHandler
    where TKey : notnull
{
    private const int ChunkBytes = 64 * 1024;
    private const int ChunksInFlight = 8;

    private readonly long _maxValueBytes = member.Options.MaxLargeValueBytes;
    private readonly Coherence _coherence = options.Coherence;

    /// <summary>Whether a fill asks the gateway first.</summary>
    internal bool ReadsThrough => _coherence == Coherence.Replicate;

    /// <summary>What was set here and the gateway has not made yet.</summary>
    private readonly PendingSets _pending = new();

    private new IClientChannel Channel => (IClientChannel)base.Channel;

    /// <summary>Completes when this client hears of every change, and the gateway has the cache with these types.</summary>
    internal async Task BeginAsync(CancellationToken cancellationToken)
    {
        await Channel.ListenAsync(Stream, cancellationToken);
        var description = await DescribeAsync(Channel, Stream, Services, cancellationToken);
        description?.Check<TKey, TValue>(Name);
        if (description is not null && description.Coherence != _coherence)
            throw new InvalidOperationException($"{McCacheOptions.Section}:Caches:{Name}:{nameof(CacheOptions.Coherence)} is {_coherence} in this client and {description.Coherence} in the cluster; it must be the same.");
    }

    /// <summary>What the cluster says of the cache; null when the gateway has none of that name, or cannot say.</summary>
    /// <exception cref="TimeoutException">No gateway was found.</exception>
    internal static async Task<CacheDescription?> DescribeAsync(IClientChannel channel, StreamId stream, IServiceProvider services, CancellationToken cancellationToken)
    {
        var request = services.GetRequiredService<Serializer<CacheRequest>>().SerializeToArray(new DescribeRequest());
        await channel.AttachedAsync(cancellationToken);
        var answer = await channel.AskGatewayAsync(stream, request, cancellationToken);
        if (answer.Length == 0)
        {
            await channel.ListenAsync(stream, cancellationToken); // a gateway that has no such cache listens; one that does not know this client any more says so, and another is found
            answer = await channel.AskGatewayAsync(stream, request, cancellationToken);
        }

        return answer.Length == 0 ? null : services.GetRequiredService<Serializer<CacheDescription>>().Deserialize(answer);
    }

    internal override OutgoingChange SetChange(TKey key, TValue value, CacheEntryOptions? options)
    {
        if (!ReadsThrough)
            return base.SetChange(key, value, options);
        return NewChange(CacheOperation.Set, (Cache: this, key, value, options), static (change, write) =>
        {
            WireEntry.Write(change, default, EntryTerms.Of(write.options, write.Cache.Local.DefaultTimeToLive), write.Cache.Keys, write.key);
            CacheFrame.CheckSize(change.Written.Length, "key"); // with its tags
            write.Cache.Values.Write(change, write.value);
        });
    }

    internal override OutgoingChange? MoveChange(TKey key, bool isLast)
        => ReadsThrough ? KeyChange(isLast ? CacheOperation.MoveToLast : CacheOperation.MoveToFirst, key) : null;

    public override CacheVersion Send(OutgoingChange change)
    {
        if (!ReadsThrough || change.Written[0] != (byte)CacheOperation.Set)
            return base.Send(change);
        var set = _pending.Add(change.KeyHash);
        try
        {
            return base.Send(change);
        }
        finally
        {
            Channel.Watch(() => _pending.Remove(set));
        }
    }

    /// <summary>It has no version before the new gateway has made it, also when its caller has given up by then.</summary>
    Action? IFrameHandler.SentAgain(ReadOnlySpan<byte> payload)
    {
        if (!ReadsThrough || !CacheFrame.TryReadHeader(payload, out var operation, out var body) || operation != CacheOperation.Set || !WireEntry.TryRead(body, out var entry))
            return null;
        var set = _pending.Add(KeyHashing.Hash(entry.Key));
        return () => _pending.Remove(set);
    }

    private protected override FrameOutcome Apply(in ReceivedFrame frame, CacheOperation operation, ReadOnlySpan<byte> body)
    {
        if (ReadsThrough && frame.IsAwaited && _pending.Concerns(operation, body))
            _pending.Overrule(frame.Defer());
        switch (operation)
        {
            case CacheOperation.Set when WireEntry.TryRead(body, out var entry):
                Local.Invalidate(ReadKey(entry.Key));
                return FrameOutcome.Applied;
            case CacheOperation.MoveToLast or CacheOperation.MoveToFirst:
                Local.MoveTo(ReadKey(body), operation == CacheOperation.MoveToLast);
                return FrameOutcome.Applied;
            default:
                return base.Apply(frame, operation, body);
        }
    }

    // Fills. ------------------------------------------------------------------------------------------------------------------------------

    /// <summary>As <see cref="LocalCache{TKey, TValue}.GetOrAddAsync"/>, with the gateway's copy asked before the factory.</summary>
    internal ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory, CacheEntryOptions? options, CancellationToken cancellationToken)
        => Local.ContainsKey(key)
            ? Local.GetOrAddAsync(key, state, factory, options, cancellationToken)
            : Local.GetOrAddAsync(key, new ReadThrough<TState>(this, state, factory), static (key, through, token) => through.FillAsync(key, token), options, cancellationToken);

    private async ValueTask<(TValue Value, EntryTerms Terms)?> ReadAsync(TKey key, CancellationToken cancellationToken)
    {
        try
        {
            var keyBytes = KeyBytes(key);
            var answer = await Channel.AskGatewayAsync(Stream, ToBytes(new ReadRequest(keyBytes)), cancellationToken);
            if (answer.Length == 0 || Services.GetRequiredService<Serializer<EntriesAnswer>>().Deserialize(answer) is not { Entries: [var found, ..] } || !TryRead(found.Entry, out var terms, out var content, out var descriptor))
                return null;
            if (descriptor is not { } large)
                return (Values.Read(content)!, terms);
            return await PullAsync(keyBytes, found.Version, large, cancellationToken) is (true, var value) ? (value!, terms) : null;
        }
#pragma warning disable CA1031 // There is no gateway, or it does not answer, or makes no sense: the factory knows.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Logger.ReadThroughFailed(exception, Name);
            return null;
        }

        static bool TryRead(byte[] bytes, out EntryTerms terms, out byte[] content, out Descriptor? descriptor)
        {
            var isRead = WireEntry.TryRead(bytes, out var entry);
            (terms, content, descriptor) = (entry.Terms, entry.Content.ToArray(), isRead && entry.IsLarge ? Descriptor.Read(entry.Content) : null);
            return isRead;
        }
    }

    private async Task<(bool IsPulled, TValue? Value)> PullAsync(byte[] key, CacheVersion version, Descriptor descriptor, CancellationToken cancellationToken)
    {
        if (descriptor.Length <= 0 || descriptor.Length > _maxValueBytes)
            return default;
        var value = new LargeValue();
        try
        {
            while (value.Length < descriptor.Length)
            {
                var chunks = new List<Task<byte[]>>(ChunksInFlight);
                for (var next = value.Length; next < descriptor.Length && chunks.Count < ChunksInFlight; next += ChunkBytes)
                    chunks.Add(Channel.AskGatewayAsync(Stream, ToBytes(new ChunkRequest(key, version, next, (int)Math.Min(ChunkBytes, descriptor.Length - next))), cancellationToken).AsTask());
                foreach (var chunk in await Task.WhenAll(chunks))
                {
                    if (chunk.Length != Math.Min(ChunkBytes, descriptor.Length - value.Length))
                        return default; // it has been superseded
                    value.Write(chunk);
                }
            }

            return value.Describe() == descriptor ? (true, Values.Read(value.AsSequence())) : default;
        }
        finally
        {
            value.Release();
        }
    }

    /// <summary>A fill that asks the gateway, and then the factory.</summary>
    private sealed class ReadThrough<TState>(NearCache<TKey, TValue> cache, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory) : IFillTerms
    {
        public EntryTerms? Terms { get; private set; }

        internal async ValueTask<TValue> FillAsync(TKey key, CancellationToken cancellationToken)
        {
            if (await cache.ReadAsync(key, cancellationToken) is not { } read)
                return await factory(key, state, cancellationToken);
            Terms = read.Terms;
            return read.Value;
        }
    }
}
