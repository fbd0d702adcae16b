using McCache.Client;

namespace McCache.Simulation.Tests;

/// <content>What programs do with the silo's cache. A change goes to the database first, and to the cache a little later.</content>
internal sealed partial class SimulatedSilo
{
    private static readonly CacheEntryOptions[] s_tagged = [new() { Tags = ["even"] }, new() { Tags = ["odd"] }];
    private readonly Dictionary<int, TaskCompletionSource<int>> _joined = []; // the flights of Rule.Join
    private Write? _writing;

    /// <summary>Verbs that publish, as the program counts them.</summary>
    internal long Writes { get; private set; }

    /// <summary>Coherent verbs that have not returned.</summary>
    internal int Pending { get; private set; }

    /// <summary>Reads in progress.</summary>
    internal int Reads { get; private set; }

    internal async Task WriteCoherentlyAsync(WriteKind kind, int key, double seconds)
    {
        if (_world.TryCommit(this, kind, key) is not { } write)
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
            _world.Complete(write);
        }
        catch (InvalidOperationException)
        {
            _world.Tally.Add(Seen.VerbFailed); // stopped, dead, or too much before the start: it has not completed
        }
        finally
        {
            Pending--;
            _world.Unlock(write);
        }
    }

    /// <summary>A dictionary verb: returns at once.</summary>
    internal void Remove(int key)
    {
        if (_world.TryCommit(this, WriteKind.Remove, key) is not { } write)
            return;
        _world.Tally.Add(Seen.DictionaryVerb);
        Verb(write, () => View.Remove(key));
    }

    internal async Task ReadAsync(int key, double seconds)
    {
        var (floor, began) = (_world.Completed[key], _world.Queue.Now);
        if (View.TryGetValue(key, out var value))
        {
            OnHit("hit", key, value);
            return;
        }

        _world.Tally.Add(Seen.Missed);
        if (_world.Off == Rule.Join && _joined.TryGetValue(key, out var joined))
        {
            _world.CheckFill(this, "joined", key, await joined.Task, floor, began);
            return;
        }

        var mine = new TaskCompletionSource<int>();
        if (_world.Off == Rule.Join)
            _joined[key] = mine;
        var isLed = false;
        Reads++;
        value = await View.GetOrAddAsync(key, FillAsync, s_tagged[key % 2]);
        Reads--;
        if (_world.Off == Rule.EarlyFill && !IsStarted)
            Local.Set(key, value);
        mine.SetResult(value);
        if (_joined.GetValueOrDefault(key) == mine)
            _joined.Remove(key);
        _world.Tally.Add(isLed ? Seen.FillLed : Seen.FillJoined);
        _world.CheckFill(this, isLed ? "led" : "joined", key, value, floor, began);

        async ValueTask<int> FillAsync(int key, CancellationToken cancellationToken)
        {
            isLed = true;
            var value = _world.Database[key];
            await Wait(seconds);
            return value;
        }
    }

    internal void ReadSynchronously(int key)
    {
        var (floor, began) = (_world.Completed[key], _world.Queue.Now);
        _world.CheckFill(this, "synchronous", key, Local.GetOrAdd(key, key => _world.Database[key], s_tagged[key % 2]), floor, began);
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
            _world.Tally.Add(Seen.HitInEnumeration);
            OnHit("enumerated", key, value);
        }
    }

    /// <summary>A dictionary verb that sets.</summary>
    internal void Set(int key)
    {
        if (_world.TryCommit(this, WriteKind.Set, key) is not { } write)
            return;
        _world.Tally.Add(Seen.DictionaryVerb);
        Verb(write, () =>
        {
            View.Set(key, write.Value, s_tagged[key % 2]);
            return true;
        });
        _world.Unlock(write);
    }

    internal void Pop(bool isLast)
    {
        if (isLast ? !View.TryPopLast(out var pair) : !View.TryPopFirst(out pair))
            return;
        Writes++;
        _world.Tally.Add(Seen.Popped);
        OnHit("popped", pair.Key, pair.Value);
    }

    internal void Move(int key, bool isLast)
    {
        if (!(isLast ? View.MoveToLast(key) : View.MoveToFirst(key)))
            return;
        _world.Tally.Add(Seen.Moved);
        Writes += Replica is null ? 0 : 1;
    }

    private T Verb<T>(Write write, Func<T> verb)
    {
        Writes++;
        NoteReached(write);
        _writing = write;
        try
        {
            return verb();
        }
        finally
        {
            _writing = null;
        }
    }

    private void Note(ReadOnlySpan<byte> payload, long stamp)
    {
        if (stamp == 0)
            return;
        NoteRemoved(payload, new CacheVersion(stamp, Member.Member));
        if (_writing is not null)
            _world.Note(stamp, Member.Member, _writing);
    }

    private void NoteRemoved(ReadOnlySpan<byte> payload, CacheVersion version)
    {
        if (Replica is null || !CacheFrame.TryReadHeader(payload, out var operation, out var body))
            return;
        for (var key = 0; key < World.Keys; key++)
        {
            if (operation == CacheOperation.Clear || (operation == CacheOperation.Remove && SimulatedServices.Keys.Read(body) == key))
                SeenRemoved[key] = version > SeenRemoved[key] ? version : SeenRemoved[key];
        }
    }

    private void NoteReached(Write? write)
    {
        for (var key = 0; write is not null && key < World.Keys; key++)
        {
            if (write.Changes(key))
                Reached[key] = Math.Max(Reached[key], write.Value);
        }
    }

    private void OnHit(string how, int key, int value)
    {
        _world.CheckHit(this, how, key, value);
        _world.Tally.Add(_state is { Live.Count: > 0 } ? Seen.HitByPromise : Seen.HitByTable);
        if (IsTableCut)
            _world.Tally.Add(Seen.HitWithoutTable);
        if (_world.Alive.Any(silo => silo.PausedUntil > _world.Queue.Now))
            _world.Tally.Add(Seen.HitWhileOneIsHung);
        if (Lease.Clock.Now - LastHeard > Times.Duration + TimeSpan.FromMilliseconds(5))
            _world.Violate($"P7: {Address} serves, and what it asked for last that was answered is {Lease.Clock.Now - LastHeard} ago");
    }
}
