namespace McCache.Bench.Subjects;

/// <summary>The loops that are measured, compiled once for each cache. Each does <see cref="Rounds.Operations"/> operations from a position of the keys' cycle on.</summary>
internal static class Loops
{
    public static TSubject Filled<TSubject, TKey>(TSubject subject, IReadOnlyList<TKey> keys)
        where TSubject : struct, ISubject<TKey>
    {
        foreach (var key in keys)
            subject.Set(key, Values.Shared);
        return subject;
    }

    /// <exception cref="InvalidOperationException">Not every key was there, or, if none is expected, one was.</exception>
    public static Action<int> Get<TSubject, TKey>(TSubject subject, TKey[] keys, bool isHit)
        where TSubject : struct, ISubject<TKey>
        => from =>
        {
            var found = 0;
            for (var i = from; i < from + Rounds.Operations; i++)
                found += subject.TryGet(keys[i], out _) ? 1 : 0;
            if (found != (isHit ? Rounds.Operations : 0))
                throw new InvalidOperationException($"{typeof(TSubject).Name} found {found} of {Rounds.Operations} keys.");
        };

    public static Action<int> Set<TSubject, TKey>(TSubject subject, TKey[] keys)
        where TSubject : struct, ISubject<TKey>
        => from =>
        {
            for (var i = from; i < from + Rounds.Operations; i++)
                subject.Set(keys[i], Values.Shared);
        };

    public static Action<int> SetAndRemove<TSubject>(TSubject subject, string[] keys)
        where TSubject : struct, IStringSubject
        => from =>
        {
            for (var i = from; i < from + Rounds.Operations; i++)
            {
                subject.Set(keys[i], Values.Shared);
                subject.Remove(keys[i]);
            }
        };

    /// <remarks>A cache whose policy knows loops keeps a part of the cycle's keys, and so finds up to <paramref name="room"/> of them in each.</remarks>
    /// <exception cref="InvalidOperationException">More keys were there than that.</exception>
    public static Action<int> MissSetEvict<TSubject>(TSubject subject, string[] keys, int room)
        where TSubject : struct, IStringSubject
        => from =>
        {
            var found = 0;
            for (var i = from; i < from + Rounds.Operations; i++)
            {
                found += subject.TryGet(keys[i], out _) ? 1 : 0;
                subject.Set(keys[i], Values.Shared);
                subject.Evict(keys[(i - room) & (Rounds.Cycle - 1)]);
            }

            if (found > room)
                throw new InvalidOperationException($"{typeof(TSubject).Name} found {found} of {Rounds.Operations} keys that it had no room for.");
        };

    public static Action<int> Fill<TSubject>(TSubject subject, string[] keys, int room)
        where TSubject : struct, IStringSubject
        => from =>
        {
            for (var i = from; i < from + Rounds.Operations; i++)
            {
                subject.GetOrAdd(keys[i]);
                subject.Evict(keys[(i - room) & (Rounds.Cycle - 1)]);
            }
        };
}
