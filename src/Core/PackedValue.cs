namespace McCache.Core;

/// <summary>A value as it came from another member: still serialized, and unpacked at the first read.</summary>
/// <remarks>Its bytes are counted by users, the cache being the first of them, so that they are let go exactly once, and never under somebody who reads them.</remarks>
internal abstract class PackedValue<TValue>
{
    private int _users = 1;
    private bool _dropped;

    /// <summary>The number of bytes.</summary>
    internal abstract long Length { get; }

    /// <summary>Whether unpacking has failed. Read and written with this object locked.</summary>
    internal bool IsUnreadable { get; set; }

    /// <summary>Makes the value; may throw anything for bytes that make no sense. One call at a time, never under the writer lock.</summary>
    internal abstract TValue Unpack();

    /// <summary>Nobody needs the bytes any more. Called exactly once, perhaps under the writer lock.</summary>
    internal virtual void Release()
    {
    }

    /// <summary>Keeps the bytes until <see cref="LetGo"/>; false when they have been released.</summary>
    internal bool TryHold()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    internal void LetGo()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Release();
        }
    }

    /// <summary>The cache does not need the bytes any more. May be called again.</summary>
    internal void Drop()
    {
        if (!Interlocked.Exchange(ref _dropped, true))
        {
            LetGo();
        }
    }
}
