using McCache.Stress.Shared;

namespace McCache.Stress.Silo;

/// <summary>What this silo process counts. Fields are changed with <see cref="Interlocked"/> only.</summary>
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

    internal double LongestVerbSeconds => MonotonicTime.Seconds(Volatile.Read(ref _longestVerb));

    internal void CountVerb(long ticks)
    {
        Interlocked.Increment(ref CoherentVerbs);
        for (var known = Volatile.Read(ref _longestVerb); known < ticks;)
            known = Interlocked.CompareExchange(ref _longestVerb, ticks, known) is var seen && seen == known ? ticks : seen;
    }
}
