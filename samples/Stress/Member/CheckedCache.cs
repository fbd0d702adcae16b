using McCache.Stress.Shared;

namespace McCache.Stress.Member;

/// <summary>
/// The cache under test, its source of truth, and the check of P1. Whoever reads notes the key's floor (the newest version whose coherent verb has returned) before the read
/// starts, and an older value is a violation. The floor is in memory shared by all processes, so the check costs two memory reads and covers every single read.
/// </summary>
/// <remarks>The floor is raised after the verb has returned, so it may be too low for an instant, never too high: there are no false alarms.</remarks>
internal sealed class CheckedCache(IMcCache<string, long> cache, SharedKeys keys, EventRing ring, Counters counters, ParentLink parent, int process)
{
    internal const string Name = "stress";
    internal const int StableKeys = 64;
    private const int MaxReportedStaleReads = 100;

    private readonly string[] _names = [.. Enumerable.Range(0, keys.Count).Select(key => $"key-{key:D7}")];
    private readonly string[] _stableNames = [.. Enumerable.Range(0, StableKeys).Select(key => $"stable-{key:D3}")];
    private readonly long[] _made = new long[keys.Count];
    private readonly Dictionary<string, int> _numbers = Enumerable.Range(0, keys.Count).ToDictionary(key => $"key-{key:D7}");

    internal IMcCache<string, long> Cache => cache;

    internal SharedKeys Keys => keys;

    internal int Process => process;

    internal Counters Counters => counters;

    internal IReadOnlyList<string> StableNames => _stableNames;

    internal string NameOf(int key) => _names[key];

    /// <summary>False for a name that is not among the keys that are written.</summary>
    internal bool TryGetNumber(string name, out int key) => _numbers.TryGetValue(name, out key);

    /// <summary>Whether the newest value of a key that this process' own factory has made is this one.</summary>
    internal bool WasMadeHere(int key, long value) => Volatile.Read(ref _made[key]) == value;

    /// <summary>Reads by look-up. False for a miss.</summary>
    internal bool TryRead(int key, bool isRecorded)
    {
        var start = MonotonicTime.Now;
        var floor = keys.Completed(key);
        if (!cache.TryGetValue(_names[key], out var value))
            return false;
        Check(EventKind.Read, key, value, floor, start, isRecorded);
        return true;
    }

    /// <summary>Reads by look-up, or loads from the source; a slow load gives invalidations time to overtake it.</summary>
    internal async ValueTask ReadOrLoadAsync(int key, TimeSpan loadTime, CancellationToken cancellationToken)
    {
        var start = MonotonicTime.Now;
        var floor = keys.Completed(key);
        var value = await cache.GetOrAddAsync(
            _names[key],
            (Cache: this, Key: key, Time: loadTime),
            static async (_, state, token) =>
            {
                var loaded = state.Cache.Make(state.Key);
                if (state.Time > TimeSpan.Zero)
                    await Task.Delay(state.Time, token);
                return loaded;
            },
            cancellationToken: cancellationToken);
        Check(EventKind.Fill, key, value, floor, start, isRecorded: true);
    }

    internal void ReadOrLoad(int key)
    {
        var start = MonotonicTime.Now;
        var floor = keys.Completed(key);
        Check(EventKind.Fill, key, cache.GetOrAdd(_names[key], _ => Make(key)), floor, start, isRecorded: true);
    }

    /// <summary>Moves a key to an end and pops what is there, which is that key unless others do the same. False when the key is not there.</summary>
    internal bool TryPop(int key, bool isFirst, long[] floors)
    {
        var start = NoteFloors(floors);
        if (!(isFirst ? cache.MoveToFirst(_names[key]) : cache.MoveToLast(_names[key])))
            return false;
        if (isFirst ? cache.TryPopFirst(out var popped) : cache.TryPopLast(out popped))
            CheckNamed(EventKind.Pop, popped.Key, popped.Value, floors, start, isRecorded: true);
        return true;
    }

    /// <summary>Reads everything in order. The floor of each value is noted before the step of the enumerator that reads it.</summary>
    internal void Enumerate(long[] floors)
    {
        var start = NoteFloors(floors);
        foreach (var (name, value) in cache)
        {
            CheckNamed(EventKind.Enumerate, name, value, floors, start, isRecorded: false);
            start = MonotonicTime.Now;
        }
    }

    /// <summary>Reads everything at one moment.</summary>
    internal void Copy(long[] floors)
    {
        var start = NoteFloors(floors);
        foreach (var (name, value) in cache.ToArray())
            CheckNamed(EventKind.Enumerate, name, value, floors, start, isRecorded: false);
    }

    internal void Record(EventKind kind, int key, long version, long start) => ring.Add(kind, process, key, version, start, MonotonicTime.Now);

    private long Make(int key)
    {
        var made = keys.Source(key);
        Volatile.Write(ref _made[key], made);
        return made;
    }

    private long NoteFloors(long[] floors)
    {
        for (var key = 0; key < floors.Length; key++)
            floors[key] = keys.Completed(key);
        return MonotonicTime.Now;
    }

    private void CheckNamed(EventKind kind, string name, long value, long[] floors, long start, bool isRecorded)
    {
        if (_numbers.TryGetValue(name, out var key))
            Check(kind, key, value, floors[key], start, isRecorded);
    }

    private void Check(EventKind kind, int key, long value, long floor, long start, bool isRecorded)
    {
        Interlocked.Increment(ref counters.Reads);
        var end = MonotonicTime.Now;
        if (isRecorded)
            ring.Add(kind, process, key, value, start, end);
        if (value >= floor && value <= keys.Source(key))
            return;
        ring.Add(EventKind.Stale, process, key, value, start, end);
        if (Interlocked.Increment(ref counters.StaleReads) <= MaxReportedStaleReads)
            parent.Send(new Report { Stale = new StaleRead(key, value, floor, kind.ToString(), start, end) });
    }
}
