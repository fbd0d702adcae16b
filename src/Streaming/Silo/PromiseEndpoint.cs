using Microsoft.Extensions.Logging;
using Orleans.Services;

namespace McCache.Streaming;

/// <summary>Where a silo is asked for promises: apart from the batches, so that none of them delays a promise.</summary>
[Alias(WireAliases.PromiseEndpoint)]
internal interface IPromiseEndpoint : IGrainService
{
    /// <summary>Asks for the promise to complete nothing that the asker has not settled.</summary>
    /// <param name="asker">The silo that asks.</param>
    /// <param name="version">Its membership version; the promiser's is at least as new when it promises.</param>
    /// <param name="duration">The asker's D: it waits for dead silos by that, so the promiser's must be the same.</param>
    [Alias("Ask"), ResponseTimeout("00:00:03")]
    ValueTask<Promise> Ask(SiloAddress asker, MembershipVersion version, TimeSpan duration);

    /// <summary>Says that a silo serves and completes nothing any more, so that nobody waits for it.</summary>
    /// <param name="silo">The silo that leaves.</param>
    /// <param name="isDrained">Whether every other silo has everything that it had published.</param>
    [Alias("Goodbye"), ResponseTimeout("00:00:01")]
    Task Goodbye(SiloAddress silo, bool isDrained);
}

/// <inheritdoc cref="IPromiseEndpoint"/>
internal sealed class PromiseEndpoint(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, SiloLease lease) : GrainService(id, silo, loggers), IPromiseEndpoint
{
    public ValueTask<Promise> Ask(SiloAddress asker, MembershipVersion version, TimeSpan duration) => lease.OnAskAsync(asker, version, duration);

    public Task Goodbye(SiloAddress silo, bool isDrained)
    {
        lease.OnGoodbye(silo, isDrained);
        return Task.CompletedTask;
    }
}
