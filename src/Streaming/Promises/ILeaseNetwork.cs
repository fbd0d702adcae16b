namespace McCache.Streaming;

/// <summary>What the membership shows: a version, and the status of every silo at that version.</summary>
internal sealed record ClusterRows(MembershipVersion Version, IReadOnlyDictionary<SiloAddress, SiloStatus> Silos);

/// <summary>The answer to the question for a promise.</summary>
/// <param name="IsGranted">Whether the promise is given: from now on the promiser completes nothing that the asker has not settled, until the asker is dead.</param>
/// <param name="Version">The promiser's membership version.</param>
/// <param name="WallClock">The promiser's wall clock in Unix milliseconds, by which the asker watches how far the clocks are apart.</param>
/// <param name="Duration">The promiser's D. It waits for dead silos by that, so the asker's must be the same.</param>
/// <param name="Stamp">The promiser's hybrid logical clock. A silo that starts publishes nothing older than what everybody's clock was when they had first seen it.</param>
[GenerateSerializer, Immutable, Alias(WireAliases.Promise)]
internal sealed record Promise(
    [property: Id(0)] bool IsGranted, [property: Id(1)] MembershipVersion Version, [property: Id(2)] long WallClock, [property: Id(3)] TimeSpan Duration,
    [property: Id(4)] long Stamp = 0);

/// <summary>How a <see cref="SiloLease"/> reaches other silos and the membership. Every method may fail by any exception, and may take any time.</summary>
internal interface ILeaseNetwork
{
    /// <summary>Asks a silo for its promise.</summary>
    ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration);

    /// <summary>Tells a silo that this one serves and completes nothing any more.</summary>
    Task SayGoodbyeAsync(SiloAddress silo, bool isDrained);

    /// <summary>Brings the membership service's view up to a version.</summary>
    Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken);

    /// <summary>Reads the membership table itself. Unlike the service's view, its row of this silo is what the store holds.</summary>
    Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken);
}
