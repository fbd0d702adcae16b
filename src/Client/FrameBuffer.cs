using System.Buffers;

namespace McCache.Client;

/// <summary>A growing buffer for one frame, reused by its thread: take it with <see cref="Rent"/>, give it back with <see cref="Dispose"/>.</summary>
internal sealed class FrameBuffer : IBufferWriter<byte>, IDisposable
{
    private const int RetainedBytes = 64 * 1024;

    [ThreadStatic]
    private static FrameBuffer? s_cached;

    private readonly ArrayBufferWriter<byte> _writer = new(256);

    private FrameBuffer()
    {
    }

    internal ReadOnlySpan<byte> Written => _writer.WrittenSpan;

    /// <summary>A nested rent (a serializer that itself writes to a cache) gets a buffer of its own.</summary>
    internal static FrameBuffer Rent()
    {
        var buffer = s_cached ?? new FrameBuffer();
        s_cached = null;
        return buffer;
    }

    public void Advance(int count) => _writer.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => _writer.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _writer.GetSpan(sizeHint);

    public void Dispose()
    {
        if (_writer.Capacity > RetainedBytes)
            return;
        _writer.ResetWrittenCount();
        s_cached = this;
    }
}
