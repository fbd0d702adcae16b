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
internal sealed class MulticastCounters(TimeProvider time)
{
    private static readonly GapReason[] s_reasons = Enum.GetValues<GapReason>();

    private static readonly Dictionary<GapReason, string> s_causes = new()
    {
        [GapReason.LaneFull] = "a lane from here was full",
        [GapReason.Announced] = "the sender says that frames were lost",
        [GapReason.PublisherChanged] = "the sender came back as another incarnation",
        [GapReason.QueueFull] = "a subscription's queue was full",
        [GapReason.ClocksParted] = "wall and monotonic clock have parted",
        [GapReason.Refused] = "bytes made no sense",
    };

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

    /// <summary>From the sending of a batch until its acknowledgement was here.</summary>
    internal LatencyRecorder RoundTrips { get; } = new(time);

    /// <summary>Where gaps are told to people; null in a client.</summary>
    internal CoherenceEvents? Events { get; init; }

    /// <param name="reason">Why.</param>
    /// <param name="silo">The other silo.</param>
    internal void AddGap(GapReason reason, SiloAddress? silo = null)
    {
        Interlocked.Increment(ref _gaps[(int)reason]);
        Events?.Add(CoherenceEventKind.Gap, s_causes[reason], silo);
    }

    internal long Gaps(GapReason reason) => Volatile.Read(ref _gaps[(int)reason]);

    internal MulticastStatistics Read() => new(
        Volatile.Read(ref Published), Volatile.Read(ref Applied), Volatile.Read(ref Batches), Volatile.Read(ref Retries), s_reasons.Sum(Gaps));
}
