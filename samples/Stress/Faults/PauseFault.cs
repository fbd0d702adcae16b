using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>SIGSTOP for longer than the lease: the silo or client has not crashed, but when it goes on it does not know that it was away, nor, perhaps, that it was declared dead.</summary>
/// <param name="isClient">Whether it happens to a client.</param>
internal sealed class PauseFault(bool isClient) : IFault
{
    public string Name => "pause";

    public async Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken)
    {
        var victim = FaultTimes.Victim(cluster, isClient, random);
        var time = FaultTimes.Between(random, FaultTimes.Lease.TotalSeconds + 1, 12);
        victim.Pause();
        try
        {
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            victim.Continue();
        }

        return new($"{victim.Place} paused for {time.TotalSeconds:F1} s", victim);
    }
}
