namespace McCache.Core;

/// <summary>A fill in progress as a node of the graph of who waits for whom, which keeps circles of waiting fills from closing.</summary>
/// <remarks>
/// A factory may read caches, its own key included, and two factories may read each other's keys. The one whose waiting would close a circle runs its own factory instead.
/// The graph spans all caches of the process; an edge exists only while a factory waits for another fill, so it is almost always empty.
/// </remarks>
internal sealed class WaitNode
{
    private static readonly Lock Edges = new();
    private static readonly AsyncLocal<WaitNode?> Flow = new();
    private readonly List<WaitNode> _awaited = [];

    /// <summary>The fill whose factory the calling code is part of; null outside of any factory.</summary>
    internal static WaitNode? Current
    {
        get => Flow.Value;
        set => Flow.Value = value;
    }

    /// <summary>Notes that the caller, which may be part of a fill, is about to wait for another one.</summary>
    /// <returns>False, noting nothing, when that one already waits for the caller.</returns>
    internal static bool TryAwait(WaitNode? caller, WaitNode fill)
    {
        if (caller is null)
        {
            return true;
        }

        lock (Edges)
        {
            if (fill.LeadsTo(caller))
            {
                return false;
            }

            caller._awaited.Add(fill);
            return true;
        }
    }

    /// <summary>Notes that the waiting has ended.</summary>
    internal static void EndAwait(WaitNode? caller, WaitNode fill)
    {
        if (caller is not null)
        {
            lock (Edges)
            {
                caller._awaited.Remove(fill);
            }
        }
    }

    private bool LeadsTo(WaitNode caller) => this == caller || _awaited.Exists(fill => fill.LeadsTo(caller));
}
