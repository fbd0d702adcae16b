namespace McCache.Streaming;

/// <summary>Why frames were lost.</summary>
internal enum GapReason
{
    /// <summary>A lane of this member, or what it kept before it started, was full.</summary>
    LaneFull,

    /// <summary>A publisher said that frames for this member were lost.</summary>
    Announced,

    /// <summary>A publisher came back as another incarnation.</summary>
    PublisherChanged,

    /// <summary>A subscription's queue was full.</summary>
    QueueFull,

    /// <summary>Wall and monotonic clock of this silo have parted.</summary>
    ClocksParted,

    /// <summary>Bytes made no sense to the member or to a frame handler.</summary>
    Refused,
}

/// <summary>The counts of one provider of one member. Incremented by <see cref="Interlocked"/>, read by whoever collects.</summary>
internal sealed class MulticastCounters
{
    private static readonly GapReason[] s_reasons = Enum.GetValues<GapReason>();
    private readonly long[] _gaps = new long[s_reasons.Length];

    internal long Published;
    internal long Applied;
    internal long Relayed;
    internal long Batches;
    internal long Retries;
    internal long RefusedBytes;
    internal long HandlerFailures;
    internal long UnreadableItems;
    internal long Throttled;
    internal long RefusedClients;

    internal static IReadOnlyList<GapReason> Reasons => s_reasons;

    internal void AddGap(GapReason reason) => Interlocked.Increment(ref _gaps[(int)reason]);

    internal long Gaps(GapReason reason) => Volatile.Read(ref _gaps[(int)reason]);

    internal MulticastStatistics Read() => new(
        Volatile.Read(ref Published), Volatile.Read(ref Applied), Volatile.Read(ref Batches), Volatile.Read(ref Retries), s_reasons.Sum(Gaps));
}
