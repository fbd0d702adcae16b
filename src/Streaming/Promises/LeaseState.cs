namespace McCache.Streaming;

/// <summary>What a <see cref="SiloLease"/> tells the members of its silo, as of one moment.</summary>
/// <param name="Revision">Grows; of two states the one with the larger revision is the newer.</param>
/// <param name="Live">The other silos that get what is published.</param>
/// <param name="Left">Silos that have said goodbye, and that everybody has everything from.</param>
/// <param name="DeadSince">Silos that are dead, and since when this one has known; who waits for one waits W longer.</param>
/// <param name="ServeUntil">Until when copies may be served, by the lease's clock; <see cref="TimeSpan.MinValue"/> before the start.</param>
/// <param name="IsStarted">Whether this silo has started.</param>
/// <param name="IsSelfDead">Whether the cluster goes on without this silo.</param>
internal sealed record LeaseState(
    long Revision,
    IReadOnlySet<SiloAddress> Live,
    IReadOnlyCollection<SiloAddress> Left,
    IReadOnlyDictionary<SiloAddress, TimeSpan> DeadSince,
    TimeSpan ServeUntil,
    bool IsStarted,
    bool IsSelfDead);
