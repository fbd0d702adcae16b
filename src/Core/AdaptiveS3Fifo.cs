namespace McCache.Core;

/// <summary>An eviction policy of two FIFO queues: S3-FIFO, with a test of reuse distance at the door of the main queue, and a small queue that finds its own length.</summary>
/// <remarks>
/// <para>
/// From S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023): a new entry goes through a <em>small</em>
/// queue. At its end, one that was hit at least twice moves to the <em>main</em> queue; any other leaves and becomes a ghost. Main is
/// a clock: an entry at its end that was hit goes round again with one hit less.
/// </para>
/// <para>
/// From LIRS (Jiang and Zhang, SIGMETRICS 2002): when a ghost returns, its reuse distance is known. It enters main only if that
/// distance is clearly shorter than the time for which main's oldest entry has waited; if not, it starts in small again. S3-FIFO lets
/// every ghost in, and a loop a little larger than the cache then washes main away.
/// </para>
/// <para>
/// From ARC (Megiddo and Modha, FAST 2003): a ghost that a slightly longer small (or main) queue would have kept moves the border
/// between the two by one entry. What main let go and is asked for again comes back with one hit to its credit.
/// </para>
/// <para>
/// While there is room, small's overflow goes straight to main, so that main holds a working set by the time that something must leave.
/// Time is counted in entries that came in. No size is configured, so it serves a limit of bytes as well as one of entries: all lengths
/// follow the number of residents. <c>default</c> is an empty policy. docs/decisions.md has the measurements behind each constant.
/// </para>
/// </remarks>
internal struct AdaptiveS3Fifo : IEvictionPolicy
{
    /// <summary>Small's share of the residents: at first as in the paper, then between bounds that keep both queues alive.</summary>
    private const double InitialShare = 0.1, MinShare = 0.01, MaxShare = 0.5;

    /// <summary>The hits with which an entry moves from small to main: a single one is often only the second half of one use.</summary>
    private const int PromotingHits = 2;

    /// <summary>Entries that one eviction may spare for their hits, so that it is short even when everything was hit.</summary>
    private const int MaxSpared = 128;

    /// <summary>Ghost slots for each resident, 16 bytes; rounded up to a power of two.</summary>
    private const int GhostsPerResident = 2;

    /// <summary>The residents are divided by this for the length by which a queue is imagined longer.</summary>
    private const int ReachDivisor = 10;

    /// <summary>The part of main's oldest wait, in quarters, within which a ghost must return to enter main.</summary>
    private const long QuartersOfWait = 3;

    /// <summary>Main's oldest entry makes room, or loses a hit, after a wait of this many times the residents: what is dead cannot hold main, and a loop up to that long keeps its share.</summary>
    private const long Patience = 128;

    private const byte None = 0, Small = 1, Main = 2;

    private Fifo _small, _main;
    private GhostTable _ghosts;
    private EvictionNode? _newest;
    private double _learned;
    private uint _clock, _mainEvictions;
    private int _residentsWhenFull;

    private readonly int Residents => _small.Count + _main.Count;

    private readonly int SmallTarget => Math.Max(1, (int)((InitialShare + _learned) * Residents));

    private readonly bool HasRoom => _residentsWhenFull == 0 || Residents < _residentsWhenFull;

    /// <summary>How much longer "slightly longer" is.</summary>
    private readonly int Reach => (Residents / ReachDivisor) + 1;

    /// <inheritdoc/>
    public void Add(EvictionNode node)
    {
        _clock++;
        _newest = node;
        var known = _ghosts.TryTake(node.Hash, out var stamp, out var leftMain);
        if (known && leftMain)
        {
            node.Frequency = 1;
            LearnFromMainGhost(stamp);
        }
        else if (known)
        {
            var distance = Elapsed(stamp, _clock);
            LearnFromSmallGhost(distance);
            if (_main.Oldest is { } oldest && distance * 4L <= (_clock - oldest.Stamp) * QuartersOfWait)
            {
                Push(ref _main, node, Main);
                return;
            }
        }

        Push(ref _small, node, Small);
        if (HasRoom && _small.Count > SmallTarget + 1)
        {
            MoveToMain(_small.Oldest!);
        }
    }

    /// <inheritdoc/>
    public EvictionNode? Evict()
    {
        _residentsWhenFull = Residents;
        _ghosts.Reserve(Residents * GhostsPerResident);
        var target = SmallTarget;
        for (var spared = 0; ; spared++)
        {
            var oldest = _main.Oldest;

            // The last clause spares the newest entry when it is all that main holds.
            if (_small.Oldest is { } last && (oldest is null || (_small.Count > target && !IsStale(oldest)) || (_main.Count == 1 && oldest == _newest)))
            {
                if (last.Frequency < PromotingHits || spared >= MaxSpared)
                {
                    _small.Remove(last);
                    _ghosts.Add(last.Hash, last.Stamp, flag: false);
                    return Detach(last);
                }

                MoveToMain(last);
            }
            else if (oldest is not null)
            {
                _main.Remove(oldest);
                if ((oldest.Frequency == 0 || spared >= MaxSpared) && (oldest != _newest || Residents == 0))
                {
                    _ghosts.Add(oldest.Hash, ++_mainEvictions, flag: true);
                    if (_small.Count > target)
                    {
                        MoveToMain(_small.Oldest!);
                    }

                    return Detach(oldest);
                }

                oldest.Frequency -= (byte)(oldest.Frequency > 0 ? 1 : 0);
                Push(ref _main, oldest, Main);
            }
            else
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public void Replace(EvictionNode node, EvictionNode successor)
    {
        successor.Frequency = node.Frequency;
        successor.Stamp = node.Stamp;
        successor.Queue = node.Queue;
        (node.Queue == Main ? ref _main : ref _small).Replace(node, successor);
        _newest = _newest == node ? successor : _newest;
        node.Queue = None;
    }

    /// <inheritdoc/>
    /// <remarks>Does nothing for a node that has been evicted, removed or replaced already.</remarks>
    public void Remove(EvictionNode node)
    {
        if (node.Queue != None)
        {
            (node.Queue == Main ? ref _main : ref _small).Remove(node);
            Detach(node);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Takes no time and leaves the nodes as they are: none of them may be named to this policy again.</remarks>
    public void Clear()
    {
        _small = _main = default;
        _newest = null;
    }

    /// <summary>Walks both queues and compares them with their counts and marks, for tests.</summary>
    /// <exception cref="InvalidOperationException">Something is wrong; the message says what.</exception>
    internal readonly void Check(int residents)
    {
        _small.Check("small", Small);
        _main.Check("main", Main);
        Verify(Residents == residents, $"{Residents} nodes are queued, {residents} expected");
        Verify(InitialShare + _learned is >= MinShare - 1e-9 and <= MaxShare + 1e-9, $"small's share is {InitialShare + _learned}");
        Verify(_newest is null or { Queue: not None }, "the newest node is on no queue");
    }

    private static void Verify(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Eviction policy: {problem}.");
        }
    }

    /// <summary>The time since a stamp that ghosts have cut to 31 bits.</summary>
    private static uint Elapsed(uint stamp, uint now) => (now - stamp) & 0x7FFF_FFFF;

    /// <summary>A ghost's key left small: would it have been a hit if small had been slightly longer?</summary>
    private void LearnFromSmallGhost(uint distance)
    {
        if (_small.Oldest is { } oldest && distance - (long)(_clock - oldest.Stamp) <= Reach)
        {
            Learn(+1.0);
        }
    }

    /// <summary>A ghost's key left main: would it have been a hit if main had been slightly longer?</summary>
    private void LearnFromMainGhost(uint stamp)
    {
        if (Elapsed(stamp, _mainEvictions) <= Reach)
        {
            Learn(-1.0);
        }
    }

    private void Learn(double entries) => _learned = Math.Clamp(_learned + (entries / Math.Max(1, Residents)), MinShare - InitialShare, MaxShare - InitialShare);

    private readonly bool IsStale(EvictionNode node) => _clock - node.Stamp > Patience * Residents;

    private void MoveToMain(EvictionNode node)
    {
        _small.Remove(node);
        node.Frequency = 0;
        Push(ref _main, node, Main);
    }

    private readonly void Push(ref Fifo queue, EvictionNode node, byte mark)
    {
        node.Queue = mark;
        node.Stamp = _clock;
        queue.Push(node);
    }

    private EvictionNode Detach(EvictionNode node)
    {
        node.Queue = None;
        _newest = _newest == node ? null : _newest;
        return node;
    }

    /// <summary>A queue whose links are in its nodes.</summary>
    private struct Fifo
    {
        internal EvictionNode? Oldest, Newest;
        internal int Count;

        internal void Push(EvictionNode node)
        {
            node.Older = Newest;
            (Newest is null ? ref Oldest : ref Newest.Newer) = node;
            Newest = node;
            Count++;
        }

        internal void Remove(EvictionNode node)
        {
            (node.Older is null ? ref Oldest : ref node.Older.Newer) = node.Newer;
            (node.Newer is null ? ref Newest : ref node.Newer.Older) = node.Older;
            node.Older = node.Newer = null;
            Count--;
        }

        internal void Replace(EvictionNode node, EvictionNode successor)
        {
            (successor.Older, successor.Newer) = (node.Older, node.Newer);
            (node.Older is null ? ref Oldest : ref node.Older.Newer) = successor;
            (node.Newer is null ? ref Newest : ref node.Newer.Older) = successor;
            node.Older = node.Newer = null;
        }

        internal readonly void Check(string name, byte mark)
        {
            var seen = 0;
            EvictionNode? older = null;
            for (var node = Oldest; node is not null; older = node, node = node.Newer)
            {
                Verify(++seen <= Count, $"{name} holds more than the {Count} nodes it counts");
                Verify(node.Older == older, $"{name} has a broken link at node {seen} of {Count}");
                Verify(node.Queue == mark, $"{name} holds a node that is marked {node.Queue}");
            }

            Verify(seen == Count, $"{name} counts {Count} nodes and holds {seen}");
            Verify(Newest == older, $"{name} does not end at its newest node");
        }
    }
}
