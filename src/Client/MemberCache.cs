using System.Text;
using McCache.Core;
using McCache.Streaming;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;

namespace McCache.Client;

/// <summary>
/// One cache of this member: its memory, and its end of the cache's multicast stream. A verb makes its change first, so that a key or a value that the serializer refuses changes nothing; the
/// memory makes it and sends it, both under its lock. What other members tell is applied on the lane.
/// </summary>
internal abstract partial class MemberCache<TKey, TValue> : ICacheAdministration<TKey>, IFrameHandler, OutgoingChange.ISender
    where TKey : notnull
{
    private const int Latest = 64;

    private readonly CacheOptions _options;
    private readonly CacheInstruments _instruments;
    private readonly Frame?[] _latest = new Frame?[Latest]; // by the key's hash: what was published last

    private protected MemberCache(LocalCache<TKey, TValue> local, CacheMember member, CacheOptions options)
    {
        Local = local;
        Services = member.Services;
        _options = options;
        _instruments = member.Instruments;
        _coherentVerbs = new LatencyRecorder(member.Time);
        Logger = member.Services.GetRequiredService<ILoggerFactory>().CreateLogger<MemberCache<TKey, TValue>>();
        Channel = member.Channel;
        Stream = StreamId.Create(CacheMember.StreamNamespace, local.Name);
        StreamName = StreamNames.Of(Stream);
        Keys = new KeyCodec<TKey>(local.Name, member.Services);
        Values = new Codec<TValue>(local.Name, "value", member.Services);
    }

    /// <summary>This member's copy. Reading needs nothing else.</summary>
    internal LocalCache<TKey, TValue> Local { get; }

    private protected IMulticastChannel Channel { get; }

    private protected StreamId Stream { get; }

    /// <summary>Its name, for frames.</summary>
    private protected byte[] StreamName { get; }

    private protected KeyCodec<TKey> Keys { get; }

    /// <summary>Never used by a cache that sends no values.</summary>
    private protected Codec<TValue> Values { get; }

    private protected IServiceProvider Services { get; }

    private protected ILogger Logger { get; }

    public string Name => Local.Name;

    public string Types => $"{typeof(TKey)} → {typeof(TValue)}";

    public CacheStatistics Statistics => Local.Statistics;

    public abstract bool IsReplica { get; }

    // Writing: the caller makes a change, and the memory makes it and sends it. -----------------------------------------------------------

    /// <summary>Whether anybody needs to hear of a change that nobody waits for. If not, none has to be made.</summary>
    internal virtual bool IsHeard => true;

    /// <summary>Whether a change of a key has to be made. A key that none could be made of is refused either way.</summary>
    /// <inheritdoc cref="RemoveChange" path="/exception"/>
    internal bool MustTell(TKey key)
    {
        if (IsHeard)
            return true;
        KeyCodec<TKey>.Check(key);
        return false;
    }

    /// <summary>A value is set.</summary>
    /// <exception cref="NotSupportedException">Orleans has no serializer for the key, or for the value.</exception>
    /// <exception cref="ArgumentException">The key is too large, or a string that is not well-formed, which no encoding carries unchanged.</exception>
    internal abstract OutgoingChange SetChange(TKey key, TValue value, CacheEntryOptions? options);

    /// <summary>A key is moved to one end; null when the others need not hear of it.</summary>
    /// <inheritdoc cref="RemoveChange" path="/exception"/>
    internal abstract OutgoingChange? MoveChange(TKey key, bool isLast);

    /// <summary>A key is removed.</summary>
    /// <exception cref="NotSupportedException">Orleans has no serializer for the key.</exception>
    /// <exception cref="ArgumentException">The key is too large, or a string that is not well-formed, which no encoding carries unchanged.</exception>
    internal OutgoingChange RemoveChange(TKey key) => KeyChange(CacheOperation.Remove, key);

    /// <exception cref="ArgumentException">The tag is too large, or not well-formed.</exception>
    internal OutgoingChange RemoveByTagChange(string tag) => NewChange(CacheOperation.RemoveByTag, tag, static (change, tag) =>
    {
        var length = CacheFrame.Utf8.GetBytes(tag, change);
        CacheFrame.CheckSize(length, "tag");
    });

    internal ValueTask RemoveAsync(TKey key, CancellationToken cancellationToken)
    {
        var change = RemoveChange(key);
        return RunAsync(change, () => Local.Remove(key, out _, change), cancellationToken);
    }

    public ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken)
    {
        var change = RemoveByTagChange(tag);
        return RunAsync(change, () => Local.RemoveByTag(tag, CacheChangeKind.Removed, change), cancellationToken);
    }

    public ValueTask ClearAsync(CancellationToken cancellationToken)
    {
        var change = ClearChange();
        return RunAsync(change, () => Local.Clear(CacheChangeKind.Removed, change), cancellationToken);
    }

    internal OutgoingChange ClearChange() => NewChange(CacheOperation.Clear, 0, static (_, _) => { });

    /// <summary>Makes an awaited change, and completes when every member that may serve the cache has followed.</summary>
    /// <param name="change">The change; disposed of here.</param>
    /// <param name="make">Makes it in the memory, which sends it.</param>
    /// <param name="cancellationToken">Gives up the waiting.</param>
    internal ValueTask RunAsync(OutgoingChange change, Action make, CancellationToken cancellationToken)
    {
        (change.IsAwaited, change.Token) = (true, cancellationToken);
        return Tracing.Source.HasListeners() ? RunTracedAsync(change, make) : RunUntracedAsync(change, make);
    }

    private ValueTask RunUntracedAsync(OutgoingChange change, Action make)
    {
        change.Begun = _coherentVerbs.Start();
        try
        {
            make();
        }
        catch
        {
            change.Dispose();
            throw;
        }

        return CompleteAsync(change, make);
    }

    /// <summary>Waits for what was made. In a replicated cache it may have to be made again, see <see cref="ReplicatedCache{TKey, TValue}"/>.</summary>
    private protected abstract ValueTask CompleteAsync(OutgoingChange change, Action make);

    /// <summary>Called under the memory's lock.</summary>
    public abstract CacheVersion Send(OutgoingChange change);

    /// <summary>
    /// Publishes a change. What was published of its key before, and leaves in the same batch, needs not be sent any more, if nobody awaits it and no coherent verb came between, with which all that was before it
    /// arrives. Called under the memory's lock.
    /// </summary>
    /// <returns>Its stamp; 0 when this member has stopped.</returns>
    private protected long Publish(OutgoingChange change)
    {
        if (change.IsAwaited)
        {
            Array.Clear(_latest);
            var publication = Channel.PublishAsync(StreamName, change.Written, change.OnBehalfOf, change.Token);
            change.Settled = publication.Settled;
            return publication.Stamp;
        }

        if (Channel.Publish(StreamName, change.Written, change.OnBehalfOf) is not { } frame)
            return 0;
        if (change.OnBehalfOf is null && Channel is not IClientChannel && CacheFrame.TryReadKey(change.Written, out var key)) // else there is one whom it does not go to, or who may send it in another form
        {
            ref var latest = ref _latest[(int)change.KeyHash & (Latest - 1)];
            if (latest is not null && CacheFrame.TryReadKey(latest.Payload.Span, out var superseded) && key.SequenceEqual(superseded))
                latest.Supersede(frame.Number);
            latest = frame;
        }

        return frame.Stamp;
    }

    private protected OutgoingChange KeyChange(CacheOperation operation, TKey key) => NewChange(operation, (Keys, key), static (change, part) =>
    {
        part.Keys.Write(change, part.key);
        CacheFrame.CheckSize(change.Written.Length - CacheFrame.HeaderSize, "key");
        change.HashKey(CacheFrame.HeaderSize);
    });

    private protected OutgoingChange NewChange<TState>(CacheOperation operation, TState state, Action<OutgoingChange, TState> write)
    {
        var change = OutgoingChange.Rent(this);
        try
        {
            CacheFrame.WriteHeader(change, operation);
            write(change, state);
            return change;
        }
        catch
        {
            change.Dispose();
            throw;
        }
    }

    // What a client wants: its verbs are made here, as this member's own. -----------------------------------------------------------------

    ValueTask IFrameHandler.MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client)
    {
        if (!CacheFrame.TryReadHeader(payload, out var operation, out var body))
            throw new InvalidDataException($"A client has sent something to cache '{Name}' that is no change.");
        var (change, make, key) = ReadVerb(operation, body);
        if (change is null)
            return default;
        change.OnBehalfOf = client;
        return operation == CacheOperation.Set && awaiting == Awaiting.Coherence ? SetOnceAsync(change, make, key!) : MakeAsync(change, make, awaiting);
    }

    /// <summary>
    /// What a client has set coherently is set once. If it does not win at once, the key is removed: that wins over whatever the set was to win over, and is never wrong, while a value that is set later could
    /// come after what the client, or somebody else, has written since the client was lost or has given up.
    /// </summary>
    private async ValueTask SetOnceAsync(OutgoingChange change, Action make, TKey key)
    {
        var isAgain = false;
        change.Again = () => isAgain = true;
        await RunAsync(change, make, CancellationToken.None);
        if (!isAgain)
            return;
        OnMadeAgain();
        var removal = RemoveChange(key);
        await RunAsync(removal, () => Local.Remove(key, out _, removal), CancellationToken.None);
    }

    /// <summary>A coherent verb has been made again.</summary>
    private protected virtual void OnMadeAgain()
    {
    }

    private async ValueTask MakeAsync(OutgoingChange change, Action make, Awaiting awaiting)
    {
        if (awaiting == Awaiting.Coherence)
        {
            await RunAsync(change, make, CancellationToken.None);
            return;
        }

        using (change)
        {
            change.IsAwaited = awaiting == Awaiting.Settling;
            make();
            if (change.IsAwaited)
                await change.Settled;
        }
    }

    private (OutgoingChange? Change, Action Make, TKey? Key) ReadVerb(CacheOperation operation, ReadOnlySpan<byte> body)
    {
        switch (operation)
        {
            case CacheOperation.Remove:
                var removed = ReadKey(body);
                var removal = RemoveChange(removed);
                return (removal, () => Local.Remove(removed, out _, removal), removed);
            case CacheOperation.RemoveByTag:
                var tag = CacheFrame.Utf8.GetString(body);
                var tagRemoval = RemoveByTagChange(tag);
                return (tagRemoval, () => Local.RemoveByTag(tag, CacheChangeKind.Removed, tagRemoval), default);
            case CacheOperation.Clear:
                var clear = ClearChange();
                return (clear, () => Local.Clear(CacheChangeKind.Removed, clear), default);
            case CacheOperation.MoveToLast or CacheOperation.MoveToFirst:
                var (moved, isLast) = (ReadKey(body), operation == CacheOperation.MoveToLast);
                var move = MoveChange(moved, isLast);
                return (move, () => Local.MoveTo(moved, isLast, move), moved);
            default:
                if (!IsReplica || !WireEntry.TryRead(body, out var entry) || entry.IsLarge)
                    throw new InvalidDataException($"A client has set a value of cache '{Name}', which takes none, or not this one.");
                var (key, value, options) = (ReadKey(entry.Key), Values.Read(entry.Content)!, entry.Terms.ToOptions());
                var change = SetChange(key, value, options);
                return (change, () => Local.Set(key, value, options, change), key);
        }
    }

    byte[]? IFrameHandler.Again(ReadOnlySpan<byte> payload)
        => !CacheFrame.TryReadHeader(payload, out var operation, out var body) || operation is CacheOperation.MoveToLast or CacheOperation.MoveToFirst ? null
            : operation != CacheOperation.Set ? payload.ToArray()
            : WireEntry.TryRead(body, out var entry) ? [(byte)CacheOperation.Remove, .. entry.Key]
            : null;

    // What other members tell. -------------------------------------------------------------------------------------------------------

    FrameOutcome IFrameHandler.Apply(in ReceivedFrame frame)
    {
        if (!CacheFrame.TryReadHeader(frame.Payload, out var operation, out var body))
            return FrameOutcome.Refused;
        try
        {
            return Apply(frame, operation, body);
        }
#pragma warning disable CA1031 // A serializer may throw anything for bytes that it did not write; the channel counts and logs, and takes it for a gap.
        catch (Exception)
#pragma warning restore CA1031
        {
            return FrameOutcome.Refused;
        }
    }

    private protected abstract FrameOutcome Apply(in ReceivedFrame frame, CacheOperation operation, ReadOnlySpan<byte> body);

    private protected TKey ReadKey(ReadOnlySpan<byte> bytes) => Keys.Read(bytes);

    public abstract void OnGap(SiloAddress publisher, long upTo);

    void IFrameHandler.Serve(long until) => Serve(_options.StaleReads == StaleReads.Serve && until > 0 ? long.MaxValue : until);

    private protected abstract void Serve(long until);

    public byte[] Answer(ReadOnlySpan<byte> request)
    {
        try
        {
            return Services.GetRequiredService<Serializer<CacheRequest>>().Deserialize(request) switch
            {
                DescribeRequest => Pack(new CacheDescription(_options.Coherence, typeof(TKey).ToString(), typeof(TValue).ToString(), _options.TimeToLive, _options.UpdateMovesToLast)),
                { } asked => Answer(asked),
                null => [],
            };
        }
#pragma warning disable CA1031 // As for frames: a serializer may throw anything for bytes that it did not write.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Logger.AnswerFailed(exception, Name);
            return [];
        }
    }

    private protected virtual byte[] Answer(CacheRequest request) => [];

    /// <summary>With its type, for it is read as a request of any kind.</summary>
    private protected byte[] ToBytes(CacheRequest request) => Pack(request);

    private protected byte[] Pack<TMessage>(TMessage message) => Services.GetRequiredService<Serializer<TMessage>>().SerializeToArray(message);

    private protected byte[] KeyBytes(TKey key)
    {
        using var buffer = OutgoingChange.Rent();
        Keys.Write(buffer, key);
        return buffer.Written.ToArray();
    }

    public virtual void Dispose()
    {
        // Only a replica has anything to end.
    }
}
