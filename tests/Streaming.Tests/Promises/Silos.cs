using System.Net;

namespace McCache.Streaming.Tests.Promises;

/// <summary>Three silos, and views of them.</summary>
internal static class Silos
{
    internal static readonly SiloAddress Self = SiloAddress.New(IPAddress.Loopback, 1, 1);
    internal static readonly SiloAddress A = SiloAddress.New(IPAddress.Loopback, 2, 2);
    internal static readonly SiloAddress B = SiloAddress.New(IPAddress.Loopback, 3, 3);
    internal static readonly LeaseTimes Times = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));

    internal static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    internal static MembershipVersion Version(long version) => new(version);

    /// <summary>A view in which these silos are Active.</summary>
    internal static ClusterRows Active(long version, params SiloAddress[] silos) => new(Version(version), silos.ToDictionary(silo => silo, _ => SiloStatus.Active));

    internal static ClusterRows With(this ClusterRows rows, SiloAddress silo, SiloStatus status)
        => rows with { Silos = new Dictionary<SiloAddress, SiloStatus>(rows.Silos) { [silo] = status } };

    internal static bool Observe(this ClusterView view, ClusterRows rows, double seconds = 0) => view.Observe(rows.Version, rows.Silos, At(seconds));
}
