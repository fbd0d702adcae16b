using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>What this process counts. Fields are changed with <see cref="Interlocked"/> only.</summary>
internal sealed class Counters
{
    internal long Operations;
    internal long Mutations;
    internal long Reads;
    internal long CoherentVerbs;
    internal long FailedVerbs;
    internal long StaleReads;
    internal long Drops;
    private long _longestVerb;
    private long _longestVerbSince;

    internal double LongestVerbSeconds => MonotonicTime.Seconds(Volatile.Read(ref _longestVerb));

    internal void CountVerb(long ticks)
    {
        Interlocked.Increment(ref CoherentVerbs);
        Raise(ref _longestVerb, ticks);
        Raise(ref _longestVerbSince, ticks);
    }

    /// <summary>The longest verb, in seconds, since this was called last.</summary>
    internal double TakeLongestVerb() => MonotonicTime.Seconds(Interlocked.Exchange(ref _longestVerbSince, 0));

    internal static void Raise(ref long longest, long ticks)
    {
        for (var known = Volatile.Read(ref longest); known < ticks;)
            known = Interlocked.CompareExchange(ref longest, ticks, known) is var seen && seen == known ? ticks : seen;
    }
}
