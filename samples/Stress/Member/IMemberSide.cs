using McCache.Streaming;
using McCache.Stress.Shared;
using Microsoft.Extensions.Hosting;

namespace McCache.Stress.Member;

/// <summary>What is different in a silo and in a client; the load and the checks are the same.</summary>
internal interface IMemberSide
{
    IHost Host { get; }

    /// <summary>What the multicast counts here.</summary>
    MulticastStatistics Multicast { get; }

    /// <summary>The door to this silo's cache, which knows its digest; null in a client.</summary>
    ICacheExtension? Door { get; }

    /// <summary>Starts the host, and returns the cache when it may be used.</summary>
    Task<IMcCache<string, long>> StartAsync(CancellationToken cancellationToken);

    /// <summary>Loses a share of the batches, 0 to 1.</summary>
    void Lose(double share);

    /// <summary>Carries out an order that is of the network: <see cref="Orders.Stall"/> or <see cref="Orders.Move"/>.</summary>
    void CarryOut(Order order);

    /// <summary>Adds what only this side knows.</summary>
    Numbers Complete(Numbers numbers);

    /// <summary>The longest time without a gateway since this was asked last.</summary>
    double TakeLongestOutage();
}
