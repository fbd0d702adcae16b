using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace McCache.Stress.Shared;

/// <summary>What happened to a key.</summary>
internal enum EventKind
{
    Read = 1,
    Fill,
    Enumerate,
    Set,
    Remove,
    SetAsync,
    RemoveAsync,
    VerbFailed,
    Stale,
    Move,
    Pop,
}

/// <summary>One thing that happened. Times are of <see cref="MonotonicTime"/>.</summary>
/// <param name="Sequence">The event's number, from 1; tells a slot that is being overwritten from a whole one.</param>
/// <param name="Start">When it started; for a coherent verb, when it was called.</param>
/// <param name="End">When it ended; for a coherent verb, when it returned.</param>
/// <param name="Version">The version written or read; 0 for none.</param>
/// <param name="Key">The key.</param>
/// <param name="KindAndProcess">The kind, and in the upper bits the process' number.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct StressEvent(long Sequence, long Start, long End, long Version, int Key, int KindAndProcess)
{
    internal EventKind Kind => (EventKind)(KindAndProcess & 0xFF);

    internal int Process => KindAndProcess >> 8;
}

/// <summary>The last events of one place, in a mapped file: they outlive the process, so that a violation is shown with what led to it. Bounded; the oldest is overwritten.</summary>
internal sealed unsafe class EventRing : IDisposable
{
    private const int Capacity = 1 << 17;
    private const int HeaderBytes = 4096;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _count;
    private readonly StressEvent* _events;

    internal EventRing(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, HeaderBytes + (Capacity * sizeof(StressEvent)), MemoryMappedFileAccess.ReadWrite);
        _view = _file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _count = (long*)start;
        _events = (StressEvent*)(start + HeaderBytes);
    }

    internal void Add(EventKind kind, int process, int key, long version, long start, long end)
    {
        var sequence = Interlocked.Increment(ref *_count);
        var slot = _events + (sequence & (Capacity - 1));
        Volatile.Write(ref *(long*)slot, 0);
        *slot = new StressEvent(0, start, end, version, key, ((int)kind) | (process << 8));
        Volatile.Write(ref *(long*)slot, sequence);
    }

    /// <summary>The events of a key that overlap a span of time.</summary>
    internal List<StressEvent> Find(int key, long from, long to)
    {
        List<StressEvent> found = [];
        for (var i = 0; i < Capacity; i++)
        {
            var sequence = Volatile.Read(ref *(long*)(_events + i));
            var copy = _events[i];
            if (sequence != 0 && copy.Key == key && copy.End >= from && copy.Start <= to && Volatile.Read(ref *(long*)(_events + i)) == sequence)
                found.Add(copy);
        }

        return found;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
