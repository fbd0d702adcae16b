using McCache.Stress.Run;

namespace McCache.Stress.Faults;

/// <summary>Something that goes wrong, and is then put right again.</summary>
internal interface IFault
{
    /// <summary>Its name in <c>--faults</c>.</summary>
    string Name { get; }

    /// <summary>Does it, waits, and undoes it; the cluster need not have recovered when this returns.</summary>
    Task<FaultOutcome> InjectAsync(Cluster cluster, Random random, CancellationToken cancellationToken);
}

/// <summary>What a fault has done.</summary>
/// <param name="What">For people.</param>
/// <param name="Touched">The silos and clients that it was done to; the others should not notice.</param>
internal sealed record FaultOutcome(string What, params IReadOnlyList<MemberSlot> Touched)
{
    /// <summary>Dead clients about which silos kept something after their leases.</summary>
    internal int ClientsKept { get; init; }
}

/// <summary>How long faults last, and to whom they happen.</summary>
internal static class FaultTimes
{
    /// <summary>The lease that a silo or a client lives by, by default (McCacheOptions.LeaseDuration).</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    internal static TimeSpan Between(Random random, double minSeconds, double maxSeconds) => TimeSpan.FromSeconds(minSeconds + ((maxSeconds - minSeconds) * random.NextDouble()));

    internal static MemberSlot Victim(Cluster cluster, bool isClient, Random random)
    {
        var places = isClient ? cluster.Clients : cluster.Silos;
        return places[random.Next(places.Count)];
    }
}
