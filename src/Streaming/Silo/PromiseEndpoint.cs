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

    /// <summary>One of the calls above, in an envelope.</summary>
    [Alias("Sealed"), ResponseTimeout("00:00:03")]
    ValueTask<byte[]> Sealed(byte[] envelope);
}

/// <inheritdoc cref="IPromiseEndpoint"/>
internal sealed class PromiseEndpoint(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, SiloLease lease, SealedCalls calls)
    : GrainService(id, silo, loggers), IPromiseEndpoint
{
    private readonly byte[] _label = SealedCalls.Label(silo.SiloAddress, isPromise: true);

    public ValueTask<Promise> Ask(SiloAddress asker, MembershipVersion version, TimeSpan duration)
    {
        calls.TakePlain();
        return lease.OnAskAsync(asker, version, duration);
    }

    public Task Goodbye(SiloAddress silo, bool isDrained)
    {
        calls.TakePlain();
        lease.OnGoodbye(silo, isDrained);
        return Task.CompletedTask;
    }

    public ValueTask<byte[]> Sealed(byte[] envelope) => calls.AnswerAsync(_label, envelope, async message =>
    {
        switch (message)
        {
            case PromiseMessage asked:
                return await lease.OnAskAsync(asked.Asker, asked.Version, asked.Duration);
            case GoodbyeMessage goodbye:
                lease.OnGoodbye(goodbye.Silo, goodbye.IsDrained);
                return true;
            default:
                throw new NotSupportedException();
        }
    });
}
