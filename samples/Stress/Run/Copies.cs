using System.Runtime.InteropServices;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>What the caches of silos and clients hold when the load has stopped and drained, compared.</summary>
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

    /// <summary>Where values travel, keys that a client had from its gateway or had written, and some silo held too, on the client that had fewest; null without clients.</summary>
    internal int? ClientKeys { get; private init; }

    /// <summary>Keys that are too old somewhere, or, where values travel, not the same on all silos, or in a client not the same as in a silo.</summary>
    internal int IncoherentKeys { get; private init; }

    /// <summary>The first of them.</summary>
    internal IReadOnlyList<int> Named { get; private init; } = [];

    /// <summary>Somebody could not be asked.</summary>
    internal bool IsUnknown { get; private init; }

    /// <summary>Compares; where values travel again and again until all are the same, or patience ends. What differs then is shown key by key.</summary>
    internal static async Task<Copies> CompareAsync(Cluster cluster, Coherence coherence, StaleReads stale, CancellationToken cancellationToken)
    {
        var begin = MonotonicTime.Now;
        var isLast = coherence == Coherence.Invalidate;
        while (true)
        {
            var silos = await Cluster.CompareAsync(cluster.Silos, new Order(Orders.Compare, ByKey: isLast));
            double? same = coherence == Coherence.Replicate && AreSame(silos, silo => (silo?.Digest, silo?.Contents, silo?.Order)) ? MonotonicTime.SecondsSince(begin) : null;
            if (isLast || same is not null)
            {
                var all = new Order(Orders.Compare, ByKey: true);
                var copies = Judge(await Cluster.CompareAsync(cluster.Silos, all), await Cluster.CompareAsync(cluster.Clients, all), coherence) with { Seconds = same };
                await ShowAsync(cluster, copies.Named, stale);
                return copies;
            }

            await Task.Delay(s_period, cancellationToken);
            isLast = MonotonicTime.SecondsSince(begin) >= s_patience.TotalSeconds;
        }
    }

    private static Copies Judge(CopyReport?[] silos, CopyReport?[] clients, Coherence coherence)
    {
        CopyReport[] known = [.. silos.OfType<CopyReport>()];
        CopyReport[] knownClients = [.. clients.OfType<CopyReport>()];
        var isReplicating = coherence == Coherence.Replicate;
        var incoherent = new SortedSet<int>(known.Concat(knownClients).SelectMany(copy => copy.OldKeys));
        if (isReplicating && known.All(silo => silo.Keys is not null))
            incoherent.UnionWith(Different([.. known.Select(silo => silo.Keys!)]));
        int? clientKeys = isReplicating && knownClients.Length > 0 ? knownClients.Min(client => CompareWith(known, client, incoherent)) : null;
        return new Copies
        {
            ClientKeys = clientKeys,
            DigestsEqual = isReplicating ? AreSame(silos, silo => silo?.Digest) : null,
            SequencesEqual = isReplicating ? AreSame(silos, silo => silo?.Order) : null,
            ReplicatedKeys = isReplicating ? known.Select(silo => silo.Replicated).DefaultIfEmpty().Min() : null,
            IncoherentKeys = incoherent.Count,
            Named = [.. incoherent.Take(MaxNamed)],
            IsUnknown = known.Length + knownClients.Length < silos.Length + clients.Length,
        };
    }

    /// <summary>A client's copy is a near cache in either mode: it has no digest and an order of its own, but what it holds must be what the silos hold.</summary>
    /// <returns>How many keys the client and some silo hold.</returns>
    private static int CompareWith(CopyReport[] silos, CopyReport client, SortedSet<int> incoherent)
    {
        var common = 0;
        for (var key = 0; key < client.Values!.Length; key++)
        {
            if (client.Values[key] == 0)
                continue;
            long[] others = [.. silos.Select(silo => silo.Values![key]).Where(value => value != 0)];
            common += others.Length > 0 ? 1 : 0;
            if (others.Any(value => value != client.Values[key]))
                incoherent.Add(key);
        }

        return common;
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
        var copies = await Cluster.CompareAsync(cluster.Members, new Order(Orders.Compare, Describe: [.. keys]));
        for (var i = 0; i < keys.Count; i++)
            stale.ShowDifference(keys[i], copies.Select((copy, index) => $"{cluster.Members[index].Place} has {copy?.Described?[i] ?? "not answered"}"));
    }
}
