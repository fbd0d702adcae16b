using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace McCache.Demo.Shared;

/// <summary>
/// What all silo processes know of each other's writes, without any cache: a file mapped into the memory of each, with a slot for every page. It is the referee: a
/// read is stale if it yields a version older than the one that stood here before the read began.
/// </summary>
/// <remarks>
/// A slot has two words: the newest version whose coherent verb has completed, and when the page was last written. Safe to use from any thread and process.
/// </remarks>
internal sealed unsafe class VersionBoard : IDisposable
{
    private const int SlotBytes = 2 * sizeof(long);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _words;

    public VersionBoard(string file)
    {
        _file = MemoryMappedFile.CreateFromFile(file, FileMode.Open);
        _view = _file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _words = (long*)start;
    }

    /// <summary>Makes the file, all zeros: nothing has been written yet.</summary>
    public static void Create(string file, int pages)
    {
        using var stream = File.Create(file);
        stream.SetLength((long)pages * SlotBytes);
    }

    /// <summary>The newest version of a page that a completed coherent verb has made known; 0 when there is none.</summary>
    public long Completed(int page) => Volatile.Read(ref Word(page, 0));

    /// <summary>Notes that the coherent verb for a version has completed. Versions only go up, in whatever order the verbs complete.</summary>
    public void Complete(int page, long version)
    {
        ref var word = ref Word(page, 0);
        for (var seen = Volatile.Read(ref word); seen < version;)
        {
            var before = Interlocked.CompareExchange(ref word, version, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    /// <summary>Notes that a page has been written just now, on the monotonic clock that the processes of a machine share.</summary>
    public void StampWrite(int page) => Volatile.Write(ref Word(page, 1), Stopwatch.GetTimestamp());

    /// <summary>How long ago a page was last written; null when it never was.</summary>
    public TimeSpan? SinceWrite(int page) => Volatile.Read(ref Word(page, 1)) is not 0 and var stamp ? Stopwatch.GetElapsedTime(stamp) : null;

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ref long Word(int page, int word) => ref Unsafe.AsRef<long>(_words + ((long)page * 2) + word);
}
