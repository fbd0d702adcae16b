using McCache.Stress.Network;
using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>The network is cut, each time in the next of the ways that it can be.</summary>
/// <param name="isClient">Whether it happens to a client, which has no way to the table.</param>
internal sealed class PartitionFault(bool isClient) : IFault
{
    private readonly Queue<CutKind> _next = [];

    public string Name => "partition";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        if (_next.Count == 0)
        {
            CutKind[] kinds = [.. cluster.Network.Cuts.Where(kind => !isClient || kind != CutKind.FromTable)];
            random.Shuffle(kinds);
            Array.ForEach(kinds, _next.Enqueue);
        }

        var member = FaultTimes.Victim(cluster, isClient, random);
        var other = isClient
            ? FaultTimes.Victim(cluster, isClient: false, random)
            : cluster.Silos[(member.Place.Index + 1 + random.Next(cluster.Silos.Count - 1)) % cluster.Silos.Count];
        var kind = _next.Dequeue();
        if (isClient && kind == CutKind.OneWay && random.Next(2) == 0)
            (member, other) = (other, member); // from the silo to the client
        var cut = new Cut(kind, member.Place, other.Place);
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

        MemberSlot[] touched = kind is CutKind.Pair or CutKind.OneWay ? [member, other] : [member];
        return new($"{cut} cut for {time.TotalSeconds:F1} s", touched);
    }
}
