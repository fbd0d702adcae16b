using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>
/// Writes. Each writes a new version to the source, and then tells the cache, by a dictionary verb (eventual, nothing is claimed) or by a coherent verb: when that has
/// returned, the version becomes the key's floor. Coherent verbs in flight are bounded, for a silo that hangs holds all of them up until it is declared dead.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="coherence">Its mode.</param>
/// <param name="sabotage">Whether coherent verbs leave it out.</param>
internal sealed class Verbs(CheckedCache cache, Coherence coherence, bool sabotage) : IDisposable
{
    internal const int MaxInFlight = 256;
    private static readonly TimeSpan s_slotPatience = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_cancelAfter = TimeSpan.FromMilliseconds(2);

    private readonly SemaphoreSlim _slots = new(MaxInFlight);

    internal int InFlight => MaxInFlight - _slots.CurrentCount;

    public void Dispose() => _slots.Dispose();

    /// <summary>A dictionary verb that sets, and says whether it did.</summary>
    /// <returns>False when another process is just writing the key, or the verb did nothing.</returns>
    internal bool TrySet(int key, Func<IMcCache<string, long>, string, long, bool> set)
    {
        if (!cache.Keys.TryLock(key, cache.Process))
            return false;
        var start = MonotonicTime.Now;
        long version;
        try
        {
            version = cache.Keys.NextVersion(key);
            if (!set(cache.Cache, cache.NameOf(key), version))
                return false;
        }
        finally
        {
            cache.Keys.Unlock(key);
        }

        Interlocked.Increment(ref cache.Counters.Mutations);
        cache.Record(EventKind.Set, key, version, start);
        return true;
    }

    /// <summary>A dictionary verb that removes.</summary>
    internal void Remove(int key)
    {
        var start = MonotonicTime.Now;
        cache.Cache.Remove(cache.NameOf(key), out _);
        Interlocked.Increment(ref cache.Counters.Mutations);
        cache.Record(EventKind.Remove, key, 0, start);
    }

    /// <summary>A dictionary verb that changes the order.</summary>
    /// <returns>False when the key is not there.</returns>
    internal bool TryMove(int key, bool isFirst)
    {
        var start = MonotonicTime.Now;
        if (!(isFirst ? cache.Cache.MoveToFirst(cache.NameOf(key)) : cache.Cache.MoveToLast(cache.NameOf(key))))
            return false;
        Interlocked.Increment(ref cache.Counters.Mutations);
        cache.Record(EventKind.Move, key, 0, start);
        return true;
    }

    /// <summary>A dictionary verb that removes an end of the order.</summary>
    /// <returns>False when the key is not there.</returns>
    internal bool TryPop(int key, bool isFirst, long[] floors)
    {
        if (!cache.TryPop(key, isFirst, floors))
            return false;
        Interlocked.Add(ref cache.Counters.Mutations, 2); // the key is moved there first
        return true;
    }

    /// <summary>Starts a coherent verb, and returns when it has been sent; it ends by itself.</summary>
    /// <returns>False, having done nothing, when too many are in flight or another process is just writing the key.</returns>
    internal async ValueTask<bool> TryStartAsync(int key, bool isSet, bool isCancelled = false)
    {
        if (!await _slots.WaitAsync(s_slotPatience))
            return false;
        if (!cache.Keys.TryLock(key, cache.Process))
        {
            _slots.Release();
            return false;
        }

        _ = RunAsync(key, isSet, isCancelled);
        return true;
    }

    /// <summary>
    /// One coherent verb from call to return. The lock is held while the verb changes this silo's copy and queues its frame, not while the others answer; unless it sends a value, for
    /// two such verbs that overlap may end either way, whoever has drawn the later version.
    /// </summary>
    private async Task RunAsync(int key, bool isSet, bool isCancelled)
    {
        var start = MonotonicTime.Now;
        var (version, isLocked) = (0L, true);
        using var patience = isCancelled ? new CancellationTokenSource(s_cancelAfter) : null;
        try
        {
            version = cache.Keys.NextVersion(key);
            var (name, token) = (cache.NameOf(key), patience?.Token ?? CancellationToken.None);
            var verb = sabotage ? ValueTask.CompletedTask : isSet ? cache.Cache.SetAsync(name, version, token) : cache.Cache.RemoveAsync(name, token);
            if (!isSet || coherence == Coherence.Invalidate)
            {
                cache.Keys.Unlock(key);
                isLocked = false;
            }

            Interlocked.Increment(ref cache.Counters.Mutations);
            await verb;
            cache.Counters.CountVerb(MonotonicTime.Now - start);
            cache.Record(isSet ? EventKind.SetAsync : EventKind.RemoveAsync, key, version, start);
            cache.Keys.Complete(key, version);
        }
#pragma warning disable CA1031 // Whatever a verb throws (its silo stops or was declared dead, or the caller gave up), it has promised nothing.
        catch (Exception)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref cache.Counters.FailedVerbs);
            cache.Record(EventKind.VerbFailed, key, version, start);
        }
        finally
        {
            if (isLocked)
                cache.Keys.Unlock(key);
            _slots.Release();
        }
    }
}
