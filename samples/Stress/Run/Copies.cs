using System.Runtime.InteropServices;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>What the silos' caches hold when the load has stopped and drained, compared.</summary>
internal sealed record Copies
{
    private const int MaxNamed = 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether all digests are the same; null where values do not travel, as the next three.</summary>
    internal bool? DigestsEqual { get; private init; }

    /// <summary>Whether what was replicated stands in the same order on all silos.</summary>
    internal bool? SequencesEqual { get; private init; }

    /// <summary>How many keys were replicated and are held, on the silo that has fewest.</summary>
    internal int? ReplicatedKeys { get; private init; }

    /// <summary>How long it took until all were the same; null when they did not become so.</summary>
    internal double? Seconds { get; private init; }

    /// <summary>Keys that are too old on some silo, or, where values travel, not the same on all.</summary>
    internal int IncoherentKeys { get; private init; }

    /// <summary>The first of them.</summary>
    internal IReadOnlyList<int> Named { get; private init; } = [];

    /// <summary>Some silo could not be asked.</summary>
    internal bool IsUnknown { get; private init; }

    /// <summary>Compares; where values travel again and again until all are the same, or patience ends. What differs then is shown key by key.</summary>
    internal static async Task<Copies> CompareAsync(Cluster cluster, Coherence coherence, StaleReads stale, CancellationToken cancellationToken)
    {
        var begin = MonotonicTime.Now;
        var isLast = coherence == Coherence.Invalidate;
        while (true)
        {
            var silos = await cluster.CompareAsync(new Order(Orders.Compare, ByKey: isLast));
            if (coherence == Coherence.Replicate && AreSame(silos, silo => (silo?.Digest, silo?.Contents, silo?.Order)))
                return Judge(silos, coherence) with { Seconds = MonotonicTime.SecondsSince(begin) };
            if (isLast)
            {
                var copies = Judge(silos, coherence);
                await ShowAsync(cluster, copies.Named, stale);
                return copies;
            }

            await Task.Delay(s_period, cancellationToken);
            isLast = MonotonicTime.SecondsSince(begin) >= s_patience.TotalSeconds;
        }
    }

    private static Copies Judge(CopyReport?[] silos, Coherence coherence)
    {
        CopyReport[] known = [.. silos.OfType<CopyReport>()];
        var isReplicating = coherence == Coherence.Replicate;
        var incoherent = new SortedSet<int>(known.SelectMany(silo => silo.OldKeys));
        if (isReplicating && known.All(silo => silo.Keys is not null))
            incoherent.UnionWith(Different([.. known.Select(silo => silo.Keys!)]));
        return new Copies
        {
            DigestsEqual = isReplicating ? AreSame(silos, silo => silo?.Digest) : null,
            SequencesEqual = isReplicating ? AreSame(silos, silo => silo?.Order) : null,
            ReplicatedKeys = isReplicating ? known.Select(silo => silo.Replicated).DefaultIfEmpty().Min() : null,
            IncoherentKeys = incoherent.Count,
            Named = [.. incoherent.Take(MaxNamed)],
            IsUnknown = known.Length < silos.Length,
        };
    }

    /// <summary>Whether all silos have answered, and the same.</summary>
    private static bool AreSame<T>(CopyReport?[] silos, Func<CopyReport?, T> part)
        => silos.All(silo => silo is not null && Equals(part(silo), part(silos[0])));

    private static IEnumerable<int> Different(byte[][] silos)
        => Enumerable.Range(0, silos.Select(keys => keys.Length / sizeof(ulong)).DefaultIfEmpty().Min())
            .Where(key => silos.Any(keys => HashOf(keys, key) != HashOf(silos[0], key)));

    private static ulong HashOf(byte[] keys, int key) => MemoryMarshal.Cast<byte, ulong>(keys)[key];

    private static async Task ShowAsync(Cluster cluster, IReadOnlyList<int> keys, StaleReads stale)
    {
        if (keys.Count == 0)
            return;
        var silos = await cluster.CompareAsync(new Order(Orders.Compare, Describe: [.. keys]));
        for (var i = 0; i < keys.Count; i++)
            stale.ShowDifference(keys[i], silos.Select((silo, index) => $"silo {index + 1} has {silo?.Described?[i] ?? "not answered"}"));
    }
}
