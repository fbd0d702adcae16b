using McCache.Stress.Network;
using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>The network is cut, each time in the next of the ways that it can be.</summary>
internal sealed class PartitionFault : IFault
{
    private readonly Queue<CutKind> _next = [];

    public string Name => "partition";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        if (_next.Count == 0)
        {
            CutKind[] kinds = [.. cluster.Network.Cuts];
            random.Shuffle(kinds);
            Array.ForEach(kinds, _next.Enqueue);
        }

        var silo = random.Next(cluster.Silos.Count);
        var other = (silo + 1 + random.Next(cluster.Silos.Count - 1)) % cluster.Silos.Count;
        var cut = new Cut(_next.Dequeue(), silo, other);
        var time = FaultTimes.Between(random, 6, 12);
        await cluster.Network.ApplyAsync(cut);
        try
        {
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            await cluster.Network.HealAsync(cut);
        }

        SiloSlot[] touched = cut.Kind is CutKind.Pair or CutKind.OneWay ? [cluster.Silos[silo], cluster.Silos[other]] : [cluster.Silos[silo]];
        return new($"{cut} cut for {time.TotalSeconds:F1} s", touched);
    }
}
