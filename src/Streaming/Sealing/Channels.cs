using System.Collections.Concurrent;

namespace McCache.Streaming;

/// <summary>Channels by name, as many as are kept. One that has been used since it was last looked at stays; of the others the oldest goes. Finding takes no lock.</summary>
internal sealed class Channels<T>(int max)
    where T : class, Channels<T>.IChannel
{
    private readonly ConcurrentDictionary<byte[], T> _channels = new(StreamNames.Comparer);
    private readonly Queue<byte[]> _order = new();
    private readonly Lock _adding = new();

    internal interface IChannel
    {
        bool WasUsed { get; set; }
    }

    internal int Count => _channels.Count;

    internal T? Find(ReadOnlySpan<byte> name)
    {
        if (!_channels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var channel))
            return null;
        channel.WasUsed = true;
        return channel;
    }

    /// <returns>The one that is kept: the one that was there before, if any.</returns>
    internal T Add(byte[] name, T channel)
    {
        lock (_adding)
        {
            if (_channels.TryGetValue(name, out var known))
                return known;
            while (_order.Count >= max)
            {
                var oldest = _order.Dequeue();
                if (_channels[oldest].WasUsed)
                {
                    _channels[oldest].WasUsed = false;
                    _order.Enqueue(oldest);
                }
                else
                {
                    _channels.TryRemove(oldest, out _);
                }
            }

            _order.Enqueue(name);
            return _channels[name] = channel;
        }
    }
}
