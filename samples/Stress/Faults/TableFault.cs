using McCache.Stress.Run;
using McCache.Stress.Shared;

namespace McCache.Stress.Faults;

/// <summary>The membership store hangs, or is killed and comes back with what its append-only file holds. No silo is at fault, so no hit may become a miss.</summary>
internal sealed class TableFault : IFault
{
    private readonly List<HitWindow> _windows = [];
    private bool _isRestartNext;

    public string Name => "table";

    internal HitWindow? Worst => _windows.MinBy(window => window.During - window.Before);

    public async Task<string> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        if (_windows.Count == 0)
            _isRestartNext = random.Next(2) == 0;
        var watch = new HitWatch(cluster.Silos);
        var time = FaultTimes.Between(random, 6, 10);
        var what = _isRestartNext ? "killed, and restarted" : "paused";
        if (_isRestartNext)
            await cluster.Table.KillAsync();
        else
            cluster.Table.Pause();
        try
        {
            await Task.Delay(time, cancellationToken);
            await Task.Delay(HitWatch.ReportDelay, cancellationToken);
            _windows.Add(watch.Measure(MonotonicTime.Now));
        }
        finally
        {
            if (_isRestartNext)
                await cluster.Table.StartAsync();
            else
                cluster.Table.Continue();
        }

        _isRestartNext = !_isRestartNext;
        return $"table {what} after {time.TotalSeconds:F1} s";
    }
}
