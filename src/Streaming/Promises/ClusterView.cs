namespace McCache.Streaming;

/// <summary>
/// The newest that this member knows of the cluster, from whichever source showed it: who is live, and since when the others have been dead. A state machine: it is told
/// views and times. Not thread-safe.
/// </summary>
/// <remarks>
/// <em>Live</em> is a silo that is shown Active, ShuttingDown or Stopping; <em>dead</em> one that is shown Dead, or no longer shown after having been shown live. One that has said
/// goodbye serves nothing and completes nothing any more, so nobody waits for it, whatever the table shows.
/// </remarks>
internal sealed class ClusterView(SiloAddress self)
{
    private readonly HashSet<SiloAddress> _live = [];
    private bool _isKnown;
    private Snapshot? _snapshot;

    /// <summary>What members are told: it never changes, and is made anew when the view has.</summary>
    internal sealed record Snapshot(IReadOnlySet<SiloAddress> Live, IReadOnlyCollection<SiloAddress> Left, IReadOnlyDictionary<SiloAddress, TimeSpan> DeadSince);
    private readonly Dictionary<SiloAddress, TimeSpan> _deadSince = [];
    private readonly Dictionary<SiloAddress, bool> _gone = []; // and whether it left nothing undelivered

    internal MembershipVersion Version { get; private set; } = MembershipVersion.MinValue;

    /// <summary>This member is dead, or was shown and is no more: whatever it thinks, the others go on without it.</summary>
    internal bool IsSelfDead { get; private set; }

    internal Snapshot Current => _snapshot ??= new(LiveOthers.ToHashSet(), [.. _gone.Where(silo => silo.Value).Select(silo => silo.Key)], new Dictionary<SiloAddress, TimeSpan>(_deadSince));

    /// <summary>The live silos but this one, those that have said goodbye aside.</summary>
    internal IEnumerable<SiloAddress> LiveOthers => _live.Where(silo => silo != self && !_gone.ContainsKey(silo));

    /// <summary>Dead silos whose death is remembered, each with the time at which this member first knew of it.</summary>
    internal IReadOnlyDictionary<SiloAddress, TimeSpan> DeadSince => _deadSince;

    internal static bool IsLive(SiloStatus status) => status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping;

    internal bool IsLive(SiloAddress silo) => _live.Contains(silo);

    /// <summary>Takes what a view or a read of the table shows.</summary>
    /// <remarks>
    /// Of the same version only live silos are taken that are not known yet. No table shows any as long as it compares the version with every write; of one that has let two silos write the same version
    /// each would otherwise know itself alone for good, and neither would wait for the other. To wait for one silo more is never wrong.
    /// </remarks>
    /// <returns>False when it shows nothing that is not known; then nothing has changed.</returns>
    internal bool Observe(MembershipVersion version, IReadOnlyDictionary<SiloAddress, SiloStatus> silos, TimeSpan now)
    {
        if (version < Version)
            return false;
        if (version == Version)
            return AddLive(silos);
        Version = version;
        var isShown = silos.TryGetValue(self, out var own);
        IsSelfDead |= own == SiloStatus.Dead || (_isKnown && !isShown);
        _isKnown |= isShown;
        foreach (var silo in _live.ToArray())
        {
            if (silos.TryGetValue(silo, out var status) && status != SiloStatus.Dead)
                continue;
            _live.Remove(silo);
            _gone.Remove(silo);
            if (silo != self)
                _deadSince[silo] = now;
        }

        AddLive(silos);
        _snapshot = null;
        return true;
    }

    /// <returns>Whether any is new.</returns>
    private bool AddLive(IReadOnlyDictionary<SiloAddress, SiloStatus> silos)
    {
        var before = _live.Count;
        foreach (var (silo, status) in silos)
        {
            if (IsLive(status) && !_deadSince.ContainsKey(silo)) // nobody rises from the dead
                _live.Add(silo);
        }

        if (_live.Count == before)
            return false;
        _snapshot = null;
        return true;
    }

    /// <summary>A silo says that it serves and completes nothing any more.</summary>
    internal void OnGoodbye(SiloAddress silo, bool isDrained)
    {
        if (_live.Contains(silo) && silo != self)
            (_gone[silo], _snapshot) = (isDrained, null);
    }

    /// <summary>Forgets deaths that lie further back than anything still rests on.</summary>
    internal void Forget(TimeSpan before)
    {
        foreach (var (silo, since) in _deadSince)
        {
            if (since < before && _deadSince.Remove(silo))
                _snapshot = null;
        }
    }
}
