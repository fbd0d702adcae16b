using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace McCache.Bench.Wire;

/// <summary>
/// What the processes of a run tell each other without a message that would be in anybody's figure: a file mapped into the memory of each. The writer says which write it is about to make;
/// a receiver notes when that write has come, on the monotonic clock that the processes of a machine share; and each counts what has come from whom.
/// </summary>
internal sealed unsafe class Board
{
    private const int Line = 8; // longs in a cache line
    private const int LinesPerSilo = 8;
    private const int MaxSilos = 7; // and the first place is the writer's

    private readonly MemoryMappedViewAccessor _view; // until the process ends: who knows who still counts
    private readonly long* _words;

    public Board(string file)
    {
        using var mapped = MemoryMappedFile.CreateFromFile(file, FileMode.Open);
        _view = mapped.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _words = (long*)start;
    }

    public static void Create(string file)
    {
        using var stream = File.Create(file);
        stream.SetLength((MaxSilos + 1) * LinesPerSilo * Line * sizeof(long));
    }

    /// <summary>The writer is about to make a write: from now on silos may note that it has come.</summary>
    public void Expect(int path, long number)
    {
        Volatile.Write(ref Word(0, 1), 0);
        Volatile.Write(ref Word(0, 0), path);
        for (var silo = 1; silo <= MaxSilos; silo++)
            Volatile.Write(ref Word(silo, 0), 0);
        Volatile.Write(ref Word(0, 1), number);
    }

    /// <summary>The number of the write that is expected on a path; 0 when it is another path's turn.</summary>
    public long Expected(int path) => Volatile.Read(ref Word(0, 0)) == path ? Volatile.Read(ref Word(0, 1)) : 0;

    /// <summary>A write has come, now.</summary>
    public void Note(int silo, int path, long number)
    {
        var now = Stopwatch.GetTimestamp();
        if (number != 0 && Expected(path) == number && Volatile.Read(ref Word(silo, 0)) == 0)
            Volatile.Write(ref Word(silo, 0), now);
    }

    /// <summary>When the last of the silos from the second on has noted the write; 0 while one has not.</summary>
    public long Seen(int silos)
    {
        long last = 0;
        for (var silo = 2; silo <= silos; silo++)
        {
            var seen = Volatile.Read(ref Word(silo, 0));
            if (seen == 0)
                return 0;
            last = Math.Max(last, seen);
        }

        return last;
    }

    /// <summary>So many of a publisher's writes have come.</summary>
    public void AddApplied(int silo, int publisher, long count) => Interlocked.Add(ref Word(silo, Line * publisher), count);

    /// <summary>How many of a publisher's writes have come, in all its runs.</summary>
    public long Applied(int silo, int publisher) => Volatile.Read(ref Word(silo, Line * publisher));

    private ref long Word(int silo, int word) => ref Unsafe.AsRef<long>(_words + (silo * LinesPerSilo * Line) + word);
}
