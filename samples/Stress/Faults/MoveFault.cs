using McCache.Stress.Run;
using McCache.Stress.Shared;

namespace McCache.Stress.Faults;

/// <summary>A client loses the connection to its gateway, and cannot come back to it for a while: it has to go on with another.</summary>
internal sealed class MoveFault : IFault
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public string Name => StressOptions.Move;

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var victim = FaultTimes.Victim(cluster, isClient: true, random);
        var time = FaultTimes.Between(random, 2, 6);
        await victim.TryAskAsync(new Order(Orders.Move, Out: true), s_patience);
        try
        {
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            await victim.TryAskAsync(new Order(Orders.Move), s_patience);
        }

        return new($"{victim.Place} kept away from its gateway for {time.TotalSeconds:F1} s", victim);
    }
}
