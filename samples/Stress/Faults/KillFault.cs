using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>
/// SIGKILL. The silo is started again, at the same address, after the others have had time to declare it dead; now and then at once, so that it is its own successor that does. A client's
/// lease has run out by then, and silos must have forgotten it.
/// </summary>
/// <param name="isClient">Whether it happens to a client.</param>
internal sealed class KillFault(bool isClient) : IFault
{
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(2);
    private const double ShareAtOnce = 0.3;
    private bool _isFirst = true;

    public string Name => "kill";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var victim = FaultTimes.Victim(cluster, isClient, random);
        var isAtOnce = !_isFirst && random.NextDouble() < ShareAtOnce;
        _isFirst = false;
        await victim.KillAsync();
        await Task.Delay(isAtOnce ? FaultTimes.Between(random, 0.1, 0.5) : FaultTimes.Between(random, 7, 10), cancellationToken);
        var kept = isClient && !isAtOnce ? await cluster.ForgetClientsAsync(cluster.Clients.Count - 1, s_margin, cancellationToken) : 0;
        victim.Start();
        return new($"{victim.Place} killed{(isAtOnce ? ", and restarted at once" : "")}", victim) { ClientsKept = kept };
    }
}
