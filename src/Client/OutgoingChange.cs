using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using McCache.Core;
using McCache.Streaming;

namespace McCache.Client;

/// <summary>
/// A change by a verb of this member: the frame that tells the others, in a growing buffer that its thread reuses. Take it with <see cref="Rent"/>, give it back with <see cref="Dispose"/>.
/// </summary>
internal sealed class OutgoingChange : Change, IBufferWriter<byte>, IDisposable
{
    private const int RetainedBytes = 64 * 1024;

    [ThreadStatic]
    private static OutgoingChange? s_cached;

    private readonly ArrayBufferWriter<byte> _writer = new(256);
    private ISender? _sender;
    private ulong _keyHash;
    private int _entryStart, _contentStart, _maxContent;
    private bool _isSpilling;

    private OutgoingChange()
    {
    }

    /// <summary>Where a change goes when the cache makes it.</summary>
    internal interface ISender
    {
        CacheVersion Send(OutgoingChange change);
    }

    internal ReadOnlySpan<byte> Written => _writer.WrittenSpan;

    /// <summary>Whether somebody waits until all others have settled it.</summary>
    internal bool IsAwaited { get; set; }

    /// <summary>The client whose verb it is, and who is not told of it; null for a verb of this process.</summary>
    internal AttachedClient? OnBehalfOf { get; set; }

    /// <summary>Called instead of making it again.</summary>
    internal Action? Again { get; set; }

    /// <summary>For a coherent verb: when it began, see <see cref="LatencyRecorder.Start"/>.</summary>
    internal long Begun { get; set; }

    /// <summary>Gives up the waiting.</summary>
    internal CancellationToken Token { get; set; }

    /// <summary>After it was sent, for an awaited one: what it has met.</summary>
    internal ValueTask<Settlement> Settled { get; set; }

    /// <summary>The bytes of a value that was too large for the frame.</summary>
    internal LargeValue? Large { get; private set; }

    internal override ulong KeyHash => _keyHash;

    /// <summary>A nested rent (a serializer that itself writes to a cache) gets a buffer of its own.</summary>
    internal static OutgoingChange Rent(ISender? sender = null)
    {
        var change = s_cached ?? new OutgoingChange();
        s_cached = null;
        change._sender = sender;
        return change;
    }

    /// <summary>What is written from a position on is the key.</summary>
    internal void HashKey(int from) => _keyHash = KeyHashing.Hash(Written[from..]);

    internal override CacheVersion Send(Place place)
    {
        if (Written[0] == (byte)CacheOperation.Set) // when it is made again, what was written the first time is not what holds
        {
            var field = Span[CacheFrame.HeaderSize..];
            BinaryPrimitives.WriteInt64LittleEndian(field, place.Major);
            BinaryPrimitives.WriteUInt64LittleEndian(field[sizeof(long)..], place.Minor);
        }

        return _sender!.Send(this);
    }

    /// <summary>Writes a number where room was left for it.</summary>
    internal void Patch(int position, int number)
        => BinaryPrimitives.WriteInt32LittleEndian(Span[position..], number);

    /// <summary>What is written from here on is the value of an entry, of which more than so many bytes do not stay in the frame.</summary>
    /// <param name="entryStart">Where the entry begins.</param>
    /// <param name="maxBytes">The bytes that stay.</param>
    internal void BeginContent(int entryStart, int maxBytes) => (_entryStart, _contentStart, _maxContent) = (entryStart, Written.Length, maxBytes);

    /// <summary>The value has been written. What was too large is described in its place.</summary>
    /// <returns>The value, if it was too large; owned by this change.</returns>
    internal LargeValue? EndContent()
    {
        if (Large is { } large)
            EndContent(large.Describe());
        _contentStart = 0;
        return Large;
    }

    /// <summary>Nothing was written: the value is described.</summary>
    internal void EndContent(Descriptor descriptor)
    {
        _isSpilling = false;
        _contentStart = 0;
        Span[_entryStart + WireEntry.LargeOffset] = 1;
        descriptor.Write(this);
    }

    public void Advance(int count)
    {
        if (_isSpilling)
        {
            Large!.Advance(count);
            return;
        }

        _writer.Advance(count);
        if (_contentStart > 0 && _writer.WrittenCount - _contentStart > _maxContent)
            Spill();
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _isSpilling ? Large!.GetMemory(sizeHint) : _writer.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private Span<byte> Span => MemoryMarshal.AsMemory(_writer.WrittenMemory).Span;

    private void Spill()
    {
        Large = new LargeValue();
        Large.Write(Written[_contentStart..]);
        _writer.ResetWrittenCount();
        _writer.Advance(_contentStart);
        _isSpilling = true;
    }

    public void Dispose()
    {
        Large?.Release();
        (_sender, _keyHash, IsAwaited, OnBehalfOf, Again, Token, Settled, Large, _isSpilling, _contentStart) = (null, 0, false, null, null, default, default, null, false, 0);
        if (_writer.Capacity > RetainedBytes)
            return;
        _writer.ResetWrittenCount();
        s_cached = this;
    }
}

/// <summary>The hash by which all members know a key: of its bytes as <see cref="KeyCodec{TKey}"/> writes them.</summary>
internal static class KeyHashing
{
    internal static ulong Hash(ReadOnlySpan<byte> key) => System.IO.Hashing.XxHash3.HashToUInt64(key);
}
