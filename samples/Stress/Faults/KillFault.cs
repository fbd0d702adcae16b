using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>
/// SIGKILL. The silo is started again, at the same address, after the others have had time to declare it dead; now and then at once, so that it is its own successor that does.
/// </summary>
internal sealed class KillFault : IFault
{
    private const double ShareAtOnce = 0.3;
    private bool _isFirst = true;

    public string Name => "kill";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var victim = FaultTimes.Victim(cluster, random);
        var isAtOnce = !_isFirst && random.NextDouble() < ShareAtOnce;
        _isFirst = false;
        await victim.KillAsync();
        await Task.Delay(isAtOnce ? FaultTimes.Between(random, 0.1, 0.5) : FaultTimes.Between(random, 7, 10), cancellationToken);
        victim.Start();
        return new($"silo {victim.Index + 1} killed{(isAtOnce ? ", and restarted at once" : "")}", victim);
    }
}
