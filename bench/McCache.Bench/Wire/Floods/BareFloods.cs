using System.Buffers.Binary;
using System.Text;

namespace McCache.Bench.Wire.Floods;

/// <summary>The bare grain service, one way: one update a message, or batches of a hundred.</summary>
internal sealed class ServiceFlood(bool isBatched, IWireService[] others, WireSettings settings, Board board) : Flood(settings, board)
{
    protected override void Burst(string[] keys, int count) => throw new NotSupportedException();

    protected override ValueTask WriteAsync(string[] keys, long first, int count)
    {
        if (isBatched)
        {
            var updates = new byte[count * Links.UpdateBytes];
            for (var i = 0; i < count; i++)
                Updates.Write(updates.AsSpan(i * Links.UpdateBytes), keys[(first + i) % keys.Length], first + i);
            foreach (var other in others)
                other.TellMany(Settings.Number, count, updates).Ignore();
            return default;
        }

        for (var i = first; i < first + count; i++)
        {
            foreach (var other in others)
                other.TellOne(Settings.Number, keys[i % keys.Length], i).Ignore();
        }

        return default;
    }
}

/// <summary>Sockets: updates of the same bytes, 64 KiB a write. The receiver counts bytes.</summary>
internal sealed class TcpFlood(Links links, WireSettings settings, Board board) : Flood(settings, board)
{
    private readonly byte[] _buffer = new byte[Links.FloodBytes / Links.UpdateBytes * Links.UpdateBytes];
    private int _used;

    protected override void Burst(string[] keys, int count) => throw new NotSupportedException();

    protected override ValueTask WriteAsync(string[] keys, long first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            Updates.Write(_buffer.AsSpan(_used), keys[i % keys.Length], i);
            _used += Links.UpdateBytes;
            if (_used == _buffer.Length)
                Send();
        }

        return default;
    }

    protected override void Flush() => Send();

    /// <summary>A socket takes no more than it has room for.</summary>
    protected override ValueTask ThrottleAsync(long before, long written) => default;

    private void Send()
    {
        links.FloodAll(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}

/// <summary>An update in bytes.</summary>
internal static class Updates
{
    public static void Write(Span<byte> bytes, string key, long value)
    {
        Encoding.ASCII.GetBytes(key, bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], value);
    }
}
