using McCache.Stress.Run;
using McCache.Stress.Shared;

namespace McCache.Stress.Faults;

/// <summary>Every silo loses a share of the batches it sends, or of their answers, and some come late. Nothing else happens, so nothing but latency may change.</summary>
/// <param name="loss">The share that is lost all the time, 0 to 1.</param>
internal sealed class DropFault(double loss) : IFault
{
    private const double Share = 0.3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public string Name => "drop";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var (share, time) = (Math.Max(Share, loss), FaultTimes.Between(random, 3, 6));
        await Task.WhenAll(cluster.Silos.Select(silo => silo.TryAskAsync(new Order(Orders.Drop, Share: share), s_patience)));
        try
        {
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            await Task.WhenAll(cluster.Silos.Select(silo => silo.TryAskAsync(new Order(Orders.Drop, Share: loss), s_patience)));
        }

        return new($"{share:P0} of batches lost for {time.TotalSeconds:F1} s");
    }
}
