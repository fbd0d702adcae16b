using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>
/// The random load: look-ups 55 %, inserts 20 %, updates 20 %, deletes 5 %, by several workers at an adjustable pace. Where the order is shared, 3 % are moves and 1 % pops, and so many
/// less are look-ups.
/// </summary>
/// <remarks>
/// A write that finds the coherent verbs at their bound, or its key in another writer's hands, becomes a look-up: while a fault holds writes up, reads go on, and it is
/// reads that can be stale.
/// </remarks>
internal sealed class Workload(CheckedCache cache, Verbs verbs, MemberSettings settings)
{
    private static readonly TimeSpan s_maxLoadTime = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private Task[] _workers = [];

    internal void Start() => _workers = [.. Enumerable.Range(0, settings.Workers).Select(worker => Task.Run(() => WorkAsync(new Random(settings.Seed + worker))))];

    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
    }

    private async Task WorkAsync(Random random)
    {
        var isOrdered = settings.Coherence == Coherence.Replicate;
        var floors = new long[isOrdered ? cache.Keys.Count : 0];
        var pace = new Pace(settings.PaceMilliseconds);
        while (!_stop.IsCancellationRequested)
        {
            var key = random.Next(cache.Keys.Count);
            var isDone = random.Next(100) switch
            {
                < 3 when isOrdered => verbs.TryMove(key, isFirst: random.Next(2) == 0),
                3 when isOrdered => verbs.TryPop(key, isFirst: random.Next(2) == 0, floors),
                < 55 => await LookUpAsync(key, random),
                < 75 => await InsertAsync(key, random),
                < 95 => await UpdateAsync(key, random),
                _ => await DeleteAsync(key, random),
            };
            if (!isDone)
                await LookUpAsync(key, random);
            Interlocked.Increment(ref cache.Counters.Operations);
            await pace.WaitAsync();
        }
    }

    private async ValueTask<bool> LookUpAsync(int key, Random random)
    {
        switch (random.Next(100))
        {
            case < 60:
                if (!cache.TryRead(key, isRecorded: true))
                    await cache.ReadOrLoadAsync(key, TimeSpan.Zero, CancellationToken.None);
                break;
            case < 90:
                await cache.ReadOrLoadAsync(key, TimeSpan.Zero, CancellationToken.None);
                break;
            case < 95:
                _ = cache.ReadOrLoadAsync(key, s_maxLoadTime * random.NextDouble(), CancellationToken.None).AsTask(); // slow: nobody waits, others may join
                break;
            default:
                cache.ReadOrLoad(key);
                break;
        }

        return true;
    }

    private ValueTask<bool> InsertAsync(int key, Random random)
    {
        if (IsCoherent(random))
            return verbs.TryStartAsync(key, isSet: true);
        return new(random.Next(2) == 0
            ? verbs.TrySet(key, static (dictionary, name, version) => dictionary.TryAdd(name, version))
            : verbs.TrySet(key, static (dictionary, name, version) => (dictionary[name] = version) > 0));
    }

    private ValueTask<bool> UpdateAsync(int key, Random random) => IsCoherent(random)
        ? verbs.TryStartAsync(key, isSet: random.Next(3) == 0, isCancelled: random.Next(50) == 0)
        : new(verbs.TrySet(key, static (dictionary, name, version) => dictionary.AddOrUpdate(name, version, (_, _) => version) > 0));

    private ValueTask<bool> DeleteAsync(int key, Random random)
    {
        if (IsCoherent(random))
            return verbs.TryStartAsync(key, isSet: false);
        verbs.Remove(key);
        return new(true);
    }

    private bool IsCoherent(Random random) => random.Next(100) < settings.CoherentPercent;
}
