namespace McCache.Streaming;

/// <content>What is told of it to people.</content>
internal abstract partial class LaneSender
{
    private long _retries;
    private long _gaps;

    internal LaneReading Read()
    {
        lock (_gate)
            return new(_lane.Frames, _lane.Bytes, _lane.InFlight, _lane.Awaited, _lane.Failures, Volatile.Read(ref _retries), Volatile.Read(ref _gaps));
    }
}

/// <summary>What a lane is at one moment; see <see cref="LaneSnapshot"/>.</summary>
internal readonly record struct LaneReading(int Frames, long Bytes, int InFlight, int Awaited, int Failures, long Retries, long Gaps);
