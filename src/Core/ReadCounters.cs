using System.Runtime.InteropServices;

namespace McCache.Core;

/// <summary>Counts hits and misses, a stripe per processor, so that readers on different processors write to different cache lines.</summary>
/// <remarks>
/// The increments are not atomic: one is lost when a thread is preempted, or moved to another processor, in the middle of it and another thread counts on its stripe.
/// That is rare (LocalCacheStatisticsTests bounds it), and an atomic one costs as much as the whole look-up.
/// </remarks>
internal readonly struct ReadCounters()
{
    private readonly Stripe[] _stripes = new Stripe[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount)];

    internal void Hit() => Mine.Hits++;

    internal void Miss() => Mine.Misses++;

    internal (long Hits, long Misses) Sum()
    {
        long hits = 0, misses = 0;
        foreach (ref readonly var stripe in _stripes.AsSpan())
        {
            hits += Volatile.Read(in stripe.Hits);
            misses += Volatile.Read(in stripe.Misses);
        }

        return (hits, misses);
    }

    private ref Stripe Mine
    {
        get
        {
            var stripes = _stripes;
            return ref stripes[Thread.GetCurrentProcessorId() & (stripes.Length - 1)];
        }
    }

    /// <summary>Two cache lines, since processors prefetch them in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(56)]
        internal long Hits;

        [FieldOffset(64)]
        internal long Misses;
    }
}
