using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace McCache.Stress.Shared;

/// <summary>
/// The source of truth, in memory that all processes map: for each key the newest version written, the newest version whose coherent verb has returned, and a lock word.
/// </summary>
/// <remarks>
/// <para>Why a lock word: two writers of one key who draw their versions in one order and set their own copies in the other leave an older value in one of them, and that is
/// their race, not the cache's. So a writer draws the version and starts its verb (which sets its copy and queues the frame) under the key's lock; whoever waits for nothing
/// but the other members' answers does so outside. The lock is only ever tried, never waited for, and the parent frees the locks of processes that are gone.</para>
/// <para>Layout: a page of header (the number of keys), then 32 bytes a key: source, completed, lock, unused.</para>
/// </remarks>
internal sealed unsafe class SharedKeys : IDisposable
{
    private const int HeaderBytes = 4096;
    private const int Stride = 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _words;

    private SharedKeys(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _words = (long*)(start + HeaderBytes);
        Count = (int)Volatile.Read(ref Unsafe.AsRef<long>(start));
    }

    internal int Count { get; }

    internal static SharedKeys Create(string path, int count)
    {
        using (var stream = File.Create(path))
        {
            stream.SetLength(HeaderBytes + (count * Stride * sizeof(long)));
            stream.Write(BitConverter.GetBytes((long)count));
        }

        return Open(path);
    }

    internal static SharedKeys Open(string path)
        => new(MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.ReadWrite));

    /// <summary>The newest version written: what a load from the source returns.</summary>
    internal long Source(int key) => Volatile.Read(ref Word(key, 0));

    /// <summary>A write to the source.</summary>
    internal long NextVersion(int key) => Interlocked.Increment(ref Word(key, 0));

    /// <summary>The newest version whose coherent verb has returned: no read that starts now may yield an older one.</summary>
    internal long Completed(int key) => Volatile.Read(ref Word(key, 1));

    internal void Complete(int key, long version)
    {
        ref var completed = ref Word(key, 1);
        for (var known = Volatile.Read(ref completed); known < version;)
        {
            var seen = Interlocked.CompareExchange(ref completed, version, known);
            if (seen == known)
                return;
            known = seen;
        }
    }

    internal bool TryLock(int key, int owner) => Interlocked.CompareExchange(ref Word(key, 2), owner, 0) == 0;

    internal void Unlock(int key) => Volatile.Write(ref Word(key, 2), 0);

    /// <summary>Frees what a process that is gone has left locked.</summary>
    internal void ReleaseLocksOf(int owner)
    {
        for (var key = 0; key < Count; key++)
            Interlocked.CompareExchange(ref Word(key, 2), 0, owner);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private ref long Word(int key, int word) => ref Unsafe.AsRef<long>(_words + ((long)key * Stride) + word);
}
