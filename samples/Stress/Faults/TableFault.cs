using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>The membership store hangs, or is killed and comes back with what its append-only file holds. No silo is at fault, so no hit may become a miss.</summary>
internal sealed class TableFault : IFault
{
    private bool? _isRestartNext;

    public string Name => "table";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var isRestart = _isRestartNext ?? random.Next(2) == 0;
        _isRestartNext = !isRestart;
        var time = FaultTimes.Between(random, 6, 10);
        if (isRestart)
            await cluster.Table.KillAsync();
        else
            cluster.Table.Pause();
        try
        {
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            if (isRestart)
                await cluster.Table.StartAsync();
            else
                cluster.Table.Continue();
        }

        return new(isRestart ? $"table killed, and restarted after {time.TotalSeconds:F1} s" : $"table paused for {time.TotalSeconds:F1} s");
    }
}
