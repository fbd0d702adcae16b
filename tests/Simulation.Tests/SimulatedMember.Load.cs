namespace McCache.Simulation.Tests;

/// <content>What programs do with the member's cache. A change goes to the database first, and to the cache a little later.</content>
internal abstract partial class SimulatedMember
{
    private static readonly CacheEntryOptions[] s_tagged = [new() { Tags = ["even"] }, new() { Tags = ["odd"] }];
    private protected Dictionary<int, TaskCompletionSource<int>> Joined { get; } = []; // the flights of Rule.Join
    private protected Write? Writing { get; set; }

    /// <summary>Verbs that publish, as the program counts them.</summary>
    internal long Writes { get; private set; }

    /// <summary>Coherent verbs that have not returned.</summary>
    internal int Pending { get; private set; }

    /// <summary>Reads in progress.</summary>
    internal int Reads { get; private set; }

    internal async Task WriteCoherentlyAsync(WriteKind kind, int key, double seconds)
    {
        if (World.TryCommit(this, kind, key) is not { } write)
            return;
        await Wait(seconds);
        Pending++;
        try
        {
            await Verb(write, () => kind switch
            {
                WriteKind.Set => View.SetAsync(key, write.Value, s_tagged[key % 2]),
                WriteKind.Remove => View.RemoveAsync(key),
                WriteKind.Tag => View.RemoveByTagAsync(s_tagged[key % 2].Tags![0]),
                _ => View.ClearAsync(),
            });
            World.Complete(write);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            World.Tally.Add(Seen.VerbFailed); // stopped, dead, too much before the start, or no gateway: it has not completed
        }
        finally
        {
            Pending--;
            World.Unlock(write);
        }
    }

    /// <summary>A dictionary verb: returns at once.</summary>
    internal void Remove(int key)
    {
        if (World.TryCommit(this, WriteKind.Remove, key) is not { } write)
            return;
        World.Tally.Add(Seen.DictionaryVerb);
        Verb(write, () => View.Remove(key));
    }

    internal async Task ReadAsync(int key, double seconds)
    {
        var (floor, began) = (World.Completed[key], World.Queue.Now);
        if (View.TryGetValue(key, out var value))
        {
            OnHit("hit", key, value);
            return;
        }

        World.Tally.Add(Seen.Missed);
        if (JoinsFills && Joined.TryGetValue(key, out var joined))
        {
            World.CheckFill(this, "joined", key, await joined.Task, floor, began);
            return;
        }

        var mine = new TaskCompletionSource<int>();
        if (JoinsFills)
            Joined[key] = mine;
        var isLed = false;
        Reads++;
        value = await View.GetOrAddAsync(key, FillAsync, s_tagged[key % 2]);
        Reads--;
        if (KeepsEarlyFills)
            Local.Set(key, value);
        mine.SetResult(value);
        if (Joined.GetValueOrDefault(key) == mine)
            Joined.Remove(key);
        World.Tally.Add(isLed ? Seen.FillLed : Seen.FillJoined);
        World.CheckFill(this, isLed ? "led" : "joined", key, value, floor, began);

        async ValueTask<int> FillAsync(int key, CancellationToken cancellationToken)
        {
            isLed = true;
            var value = World.Database[key];
            await Wait(seconds);
            return value;
        }
    }

    internal void ReadSynchronously(int key)
    {
        var (floor, began) = (World.Completed[key], World.Queue.Now);
        World.CheckFill(this, "synchronous", key, Local.GetOrAdd(key, key => World.Database[key], s_tagged[key % 2]), floor, began);
    }

    /// <summary>Every other member that reads.</summary>
    internal void Enumerate(int how)
    {
        KeyValuePair<int, int>[] pairs = (how % 6) switch
        {
            0 => [.. View],
            1 => View.ToArray(),
            2 => [.. View.Reverse()],
            3 => View.ToArray().Length > 0 ? [View.First, View.Last] : [],
            4 => View.ToArray().Length > 0 ? [View.GetAt(0)] : [],
            _ => [.. View.Keys.Select(key => KeyValuePair.Create(key, View[key]))],
        };
        foreach (var (key, value) in pairs)
        {
            World.Tally.Add(Seen.HitInEnumeration);
            OnHit("enumerated", key, value);
        }
    }

    /// <summary>A dictionary verb that sets.</summary>
    internal void Set(int key)
    {
        if (World.TryCommit(this, WriteKind.Set, key) is not { } write)
            return;
        World.Tally.Add(Seen.DictionaryVerb);
        Verb(write, () =>
        {
            View.Set(key, write.Value, s_tagged[key % 2]);
            return true;
        });
        World.Unlock(write);
    }

    internal void Pop(bool isLast)
    {
        if (isLast ? !View.TryPopLast(out var pair) : !View.TryPopFirst(out pair))
            return;
        Writes++;
        World.Tally.Add(Seen.Popped);
        OnHit("popped", pair.Key, pair.Value);
    }

    internal void Move(int key, bool isLast)
    {
        if (!(isLast ? View.MoveToLast(key) : View.MoveToFirst(key)))
            return;
        World.Tally.Add(Seen.Moved);
        Writes += TellsMoves ? 1 : 0;
    }

    private T Verb<T>(Write write, Func<T> verb)
    {
        Writes++;
        NoteReached(write);
        Writing = write;
        try
        {
            return verb();
        }
        finally
        {
            Writing = null;
        }
    }

    private protected void NoteReached(Write? write)
    {
        for (var key = 0; write is not null && key < World.Keys; key++)
        {
            if (write.Changes(key))
                Reached[key] = Math.Max(Reached[key], write.Value);
        }
    }

    private protected virtual void OnHit(string how, int key, int value)
    {
        World.CheckHit(this, how, key, value);
        if (Now - LastHeard > SimulatedSilo.Times.Duration + TimeSpan.FromMilliseconds(5))
            World.Violate($"P7: {Address} serves, and what it asked for last that was answered is {Now - LastHeard} ago");
    }
}
