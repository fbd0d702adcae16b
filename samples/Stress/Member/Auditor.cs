namespace McCache.Stress.Member;

/// <summary>
/// Reads all keys again and again, whatever the load's pace, so that a stale copy is found within a fraction of a second. Misses are loaded, so that there are copies to
/// go stale. Now and then it reads by enumeration.
/// </summary>
internal sealed class Auditor(CheckedCache cache)
{
    private const int KeysPerStep = 200;
    private const int StepsPerEnumeration = 50;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(10);

    private readonly long[] _floors = new long[cache.Keys.Count];

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_period);
        var (next, step) = (0, 0);
        while (await WaitAsync(timer, cancellationToken))
        {
            for (var left = Math.Min(KeysPerStep, cache.Keys.Count); left > 0; left--, next = (next + 1) % cache.Keys.Count)
            {
                if (!cache.TryRead(next, isRecorded: false))
                    await cache.ReadOrLoadAsync(next, TimeSpan.Zero, CancellationToken.None);
            }

            step++;
            if (step % StepsPerEnumeration == 0)
                cache.Enumerate(_floors);
            else if (step % StepsPerEnumeration == StepsPerEnumeration / 2)
                cache.Copy(_floors);
        }
    }

    private static async ValueTask<bool> WaitAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
