namespace McCache.Core;

/// <summary>First in, first out: one queue, and hits count for nothing.</summary>
internal struct FifoPolicy : IEvictionPolicy
{
    private EvictionNode? _oldest, _newest;

    /// <inheritdoc/>
    public void Add(EvictionNode node)
    {
        node.Older = _newest;
        if (_newest is null)
        {
            _oldest = node;
        }
        else
        {
            _newest.Newer = node;
        }

        _newest = node;
    }

    /// <inheritdoc/>
    public void Replace(EvictionNode node, EvictionNode successor)
    {
        (successor.Older, successor.Newer) = (node.Older, node.Newer);
        SetNeighbours(node, older: successor, newer: successor);
    }

    /// <inheritdoc/>
    public void Remove(EvictionNode node) => SetNeighbours(node, older: node.Older, newer: node.Newer);

    /// <inheritdoc/>
    public EvictionNode? Evict()
    {
        var victim = _oldest;
        if (victim is not null)
        {
            Remove(victim);
        }

        return victim;
    }

    /// <inheritdoc/>
    public void Clear() => _oldest = _newest = null;

    /// <summary>Takes a node out: its newer neighbour gets <paramref name="older"/>, its older neighbour <paramref name="newer"/> in its stead.</summary>
    private void SetNeighbours(EvictionNode node, EvictionNode? older, EvictionNode? newer)
    {
        if (node.Newer is null)
        {
            _newest = older;
        }
        else
        {
            node.Newer.Older = older;
        }

        if (node.Older is null)
        {
            _oldest = newer;
        }
        else
        {
            node.Older.Newer = newer;
        }

        node.Older = node.Newer = null;
    }
}
