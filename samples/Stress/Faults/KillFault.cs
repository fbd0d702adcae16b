using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>SIGKILL. The silo is started again, at the same address, after the others have had time to declare it dead.</summary>
internal sealed class KillFault : IFault
{
    public string Name => "kill";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var victim = FaultTimes.Victim(cluster, random);
        victim.Kill();
        await Task.Delay(FaultTimes.Between(random, 7, 10), cancellationToken);
        victim.Start();
        return new($"silo {victim.Index + 1} killed", victim);
    }
}
