using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace McCache.Demo.Shared;

/// <summary>
/// What all silo processes know of each other's writes, without any cache: a file mapped into the memory of each, with a slot for every page. It is the referee: a
/// read is stale if it yields a version older than the one that stood here before the read began.
/// </summary>
/// <remarks>
/// A slot has three words: the newest version whose coherent verb has completed, when the page was last written, and who writes it. Safe to use from any thread and process.
/// </remarks>
internal sealed unsafe class VersionBoard : IDisposable
{
    private const int Words = 3;
    private const int SlotBytes = Words * sizeof(long);

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

    /// <summary>
    /// Takes the right to write a page, unless somebody has it. Two writers who update the database in one order and set the page in the caches in the other would leave the older
    /// one there, and that would be their race, not the caches'.
    /// </summary>
    /// <param name="page">The page.</param>
    /// <param name="silo">Who asks, from 1.</param>
    public bool TryBeginWrite(int page, int silo)
    {
        ref var word = ref Word(page, 2);
        return Volatile.Read(ref word) is var seen and <= 0 && Interlocked.CompareExchange(ref word, silo, seen) == seen;
    }

    /// <summary>Gives the right back.</summary>
    public void EndWrite(int page, int silo) => Volatile.Write(ref Word(page, 2), -silo);

    /// <summary>The silo that writes a page, or has written it last; 0 for none.</summary>
    public long Writer(int page) => Math.Abs(Volatile.Read(ref Word(page, 2)));

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ref long Word(int page, int word) => ref Unsafe.AsRef<long>(_words + ((long)page * Words) + word);
}
