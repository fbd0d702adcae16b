using McCache.Stress.Run;
using McCache.Stress.Shared;

namespace McCache.Stress.Faults;

/// <summary>SIGKILL. The silo is started again, at the same address, after the others have had time to declare it dead; until then their hits are compared with before.</summary>
internal sealed class KillFault : IFault
{
    private readonly List<HitWindow> _windows = [];

    public string Name => "kill";

    internal HitWindow? Worst => _windows.MinBy(window => window.During - window.Before);

    public async Task<string> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var victim = FaultTimes.Victim(cluster, random);
        var watch = new HitWatch(cluster.Silos.Where(silo => silo != victim));
        victim.Kill();
        await Task.Delay(FaultTimes.Between(random, 7, 10), cancellationToken);
        await Task.Delay(HitWatch.ReportDelay, cancellationToken);
        _windows.Add(watch.Measure(MonotonicTime.Now));
        victim.Start();
        return $"silo {victim.Index + 1} killed";
    }
}
