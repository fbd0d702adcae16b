using HdrHistogram;
using HdrHistogram.Utilities;

namespace McCache.Demo.Shared;

/// <summary>A histogram of times in microseconds, three digits exact, up to a minute. Safe to use from several threads.</summary>
internal sealed class Latencies
{
    private const long MaxMicroseconds = 60_000_000;

    private readonly LongHistogram _histogram = new(1, MaxMicroseconds, 3);

    public long Count
    {
        get
        {
            lock (_histogram)
                return _histogram.TotalCount;
        }
    }

    public void Record(TimeSpan time)
    {
        lock (_histogram)
            _histogram.RecordValue(Math.Clamp((long)time.TotalMicroseconds, 1, MaxMicroseconds));
    }

    /// <summary>The time in microseconds that a percentage of the recorded ones does not exceed; 0 when there are none.</summary>
    public long Percentile(double percentage)
    {
        lock (_histogram)
            return _histogram.TotalCount == 0 ? 0 : _histogram.GetValueAtPercentile(percentage);
    }

    public byte[] Encode()
    {
        lock (_histogram)
        {
            var bytes = new byte[_histogram.GetNeededByteBufferCapacity() + 1024];
            var length = _histogram.EncodeIntoCompressedByteBuffer(ByteBuffer.Allocate(bytes));
            return bytes[..length];
        }
    }

    /// <summary>All times of several histograms that were encoded.</summary>
    public static Latencies Merge(IEnumerable<byte[]> encoded)
    {
        var merged = new Latencies();
        foreach (var bytes in encoded.Where(bytes => bytes.Length > 0))
            merged._histogram.Add(HistogramEncoding.DecodeFromCompressedByteBuffer(ByteBuffer.Allocate(bytes), MaxMicroseconds));
        return merged;
    }
}
