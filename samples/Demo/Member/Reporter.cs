using McCache.Demo.Shared;

namespace McCache.Demo.Member;

/// <summary>Tells the parent four times a second how the replay goes, and once more when it has ended.</summary>
internal sealed class Reporter(ParentPipe parent, IMcCache<string, Page> cache, Replay replay, MulticastGauge multicast, VisibilityGauge visibility, GatewayLosses losses)
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    /// <summary>What the cache and its multicast had counted before the replay began.</summary>
    private readonly (long Hits, long Sent, long Applied) _before = (cache.Statistics.Hits, multicast.Read().Sent, multicast.Read().Applied);

    /// <exception cref="Exception">Whatever the replay failed with.</exception>
    public async Task RunAsync(Task replaying)
    {
        using var timer = new PeriodicTimer(s_period);
        while (!replaying.IsCompleted)
        {
            Report();
            await Task.WhenAny(replaying, timer.WaitForNextTickAsync().AsTask());
        }

        await replaying;
        Report();
    }

    /// <param name="copy">What the cache holds, when the parent has asked.</param>
    public void Report(CopyReport? copy = null) => parent.Report(Read() with { Copy = copy });

    private MemberReport Read()
    {
        var counted = replay.Read();
        var statistics = cache.Statistics;
        var (sent, applied) = multicast.Read();
        return counted with
        {
            Hits = statistics.Hits - _before.Hits,
            Entries = statistics.Entries,
            Bytes = statistics.Bytes,
            MulticastSent = sent - _before.Sent,
            MulticastApplied = applied - _before.Applied,
            GatewaysLost = losses.Count,
            Visible = visibility.Latencies.ToArray(),
        };
    }
}
