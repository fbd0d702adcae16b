using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace McCache.Bench.Wire;

/// <summary>The baseline of Orleans: a bare grain service, addressed by silo, as the endpoint of the product is.</summary>
[Alias("McCache.Bench.IWireService")]
internal interface IWireService : IGrainService
{
    /// <summary>One way.</summary>
    [Alias("Tell"), OneWay]
    Task Tell(int path, long number, Item item);

    /// <summary>There and back.</summary>
    [Alias("Ask")]
    ValueTask Ask(long number, Item item);

    /// <summary>One way, one update a message.</summary>
    [Alias("TellOne"), OneWay]
    Task TellOne(int publisher, string key, long value);

    /// <summary>One way, many updates a message.</summary>
    [Alias("TellMany"), OneWay]
    Task TellMany(int publisher, int count, byte[] updates);
}

/// <inheritdoc cref="IWireService"/>
internal sealed class WireService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, WireSettings settings, Board board) : GrainService(id, silo, loggers), IWireService
{
    public Task Tell(int path, long number, Item item)
    {
        board.Note(settings.Number, path, number);
        return Task.CompletedTask;
    }

    public ValueTask Ask(long number, Item item) => default;

    public Task TellOne(int publisher, string key, long value) => TellMany(publisher, 1, []);

    public Task TellMany(int publisher, int count, byte[] updates)
    {
        board.AddApplied(settings.Number, publisher, count);
        return Task.CompletedTask;
    }
}

/// <summary>Reaches the grain services of other silos.</summary>
internal sealed class WireServices(IServiceProvider services) : GrainServiceClient<IWireService>(services)
{
    public IWireService this[SiloAddress silo] => GetGrainService(silo);
}
