using System.Text;
using McCache.Core;
using McCache.Streaming;

namespace McCache.Client;

/// <summary>
/// One cache of this member: its memory, and its end of the cache's multicast stream. Verbs change the memory first and tell the other members then; what other
/// members tell is applied on the lane.
/// </summary>
/// <remarks>A frame is made before anything changes, so that a key the serializer refuses changes nothing.</remarks>
internal sealed class MemberCache<TKey, TValue> : ICacheAdministration<TKey>, IFrameHandler
    where TKey : notnull
{
    /// <summary>What a key or a tag may take on the wire. Far below what any lane holds, so that a frame that was made can be sent.</summary>
    internal const int MaxNameBytes = 32 * 1024;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IMulticastChannel _channel;
    private readonly StreamId _stream;
    private readonly KeyCodec<TKey> _keys;
    private readonly HybridClock _clock;
    private readonly TimeSpan _maxClockSkew;
    private readonly bool _servesStale;

    internal MemberCache(LocalCache<TKey, TValue> local, IMulticastChannel channel, KeyCodec<TKey> keys, HybridClock clock, TimeSpan maxClockSkew, StaleReads staleReads)
    {
        Local = local;
        _channel = channel;
        _stream = StreamId.Create(CacheMember.StreamNamespace, local.Name);
        _keys = keys;
        _clock = clock;
        _maxClockSkew = maxClockSkew;
        _servesStale = staleReads == StaleReads.Serve;
        channel.Attach(_stream, this);
    }

    /// <summary>This member's copy. Reading needs nothing else.</summary>
    internal LocalCache<TKey, TValue> Local { get; }

    public string Name => Local.Name;

    public CacheStatistics Statistics => Local.Statistics;

    // Writing: the caller makes a frame, changes the memory, and sends the frame. ---------------------------------------------------

    /// <summary>The frame that tells the others to drop their copy of a key.</summary>
    /// <exception cref="NotSupportedException">Orleans has no serializer for the key.</exception>
    /// <exception cref="ArgumentException">The key is too large, or a string that is not well-formed, which no encoding carries unchanged.</exception>
    internal FrameBuffer RemoveFrame(TKey key)
    {
        if (key is string text)
            _ = s_utf8.GetByteCount(text);
        return Frame(CacheOperation.Remove, (_keys, key), static (buffer, part) => part._keys.Write(buffer, part.key), nameof(key));
    }

    /// <exception cref="ArgumentException">The tag is too large, or not well-formed.</exception>
    internal FrameBuffer RemoveByTagFrame(string tag) 
        => Frame(CacheOperation.RemoveByTag, tag, static (buffer, tag) => s_utf8.GetBytes(tag, buffer), nameof(tag));

    internal FrameBuffer ClearFrame() => Header(CacheOperation.Clear);

    internal void Publish(FrameBuffer frame) => _channel.Publish(_stream, frame.Written);

    internal ValueTask PublishAsync(FrameBuffer frame, CancellationToken cancellationToken)
        => _channel.PublishAsync(_stream, frame.Written, cancellationToken);

    private FrameBuffer Frame<TState>(CacheOperation operation, TState state, Action<FrameBuffer, TState> writeName, string what)
    {
        var buffer = Header(operation);
        try
        {
            writeName(buffer, state);
            var size = buffer.Written.Length - CacheFrame.HeaderSize;
            return size <= MaxNameBytes
                ? buffer
                : throw new ArgumentException($"The {what} takes {size} bytes; in cache '{Name}' it may take at most {MaxNameBytes}. Nothing was changed.", what);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private FrameBuffer Header(CacheOperation operation)
    {
        var buffer = FrameBuffer.Rent();
        CacheFrame.WriteHeader(buffer, operation, _clock.Next());
        return buffer;
    }

    // What other members tell. -------------------------------------------------------------------------------------------------------

    bool IFrameHandler.Apply(ReadOnlySpan<byte> payload)
    {
        if (!CacheFrame.TryReadHeader(payload, out var operation, out var timestamp, out var body))
            return false;
        _clock.Observe(timestamp, _maxClockSkew);
        try
        {
            switch (operation)
            {
                case CacheOperation.Remove:
                    Local.Invalidate(_keys.Read(body));
                    break;
                case CacheOperation.RemoveByTag:
                    Local.RemoveByTag(s_utf8.GetString(body), CacheChangeKind.Invalidated);
                    break;
                case CacheOperation.Clear:
                    Local.Clear(CacheChangeKind.Invalidated);
                    break;
            }

            return true;
        }
#pragma warning disable CA1031 // A serializer may throw anything for bytes that it did not write; the channel counts and logs, and takes it for a gap.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    void IFrameHandler.OnGap() => Local.Drop();

    void IFrameHandler.Serve(long until) => Local.Serve(_servesStale && until > 0 ? long.MaxValue : until);

    // Administration of this member's copy. ------------------------------------------------------------------------------------------

    public ulong Digest() => Local.Digest(HashKey);

    public CacheEntryMetadata? GetMetadata(TKey key) => Local.TryGetMetadata(key, out var metadata) ? metadata : null;

    public bool Evict(TKey key) => Local.Evict(key);

    public void Clear() => Local.Clear(CacheChangeKind.Evicted);

    public void Sweep(int maxEntries) => Local.Sweep(maxEntries);

    private ulong HashKey(TKey key)
    {
        using var buffer = FrameBuffer.Rent();
        _keys.Write(buffer, key);
        return System.IO.Hashing.XxHash3.HashToUInt64(buffer.Written);
    }
}
