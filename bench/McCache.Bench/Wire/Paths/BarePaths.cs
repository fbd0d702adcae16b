using Orleans.BroadcastChannel;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace McCache.Bench.Wire.Paths;

/// <summary>Sockets.</summary>
internal sealed class TcpPath(PathName name, Links links) : WirePath(name)
{
    public override ValueTask WriteAsync(long number)
    {
        if (Name.IsRoundTrip)
            links.AskAll();
        else
            links.TellAll(Index, number);
        return default;
    }

    public override void Load(long number) => links.TellAll(0, 0);
}

/// <summary>The bare grain service on every other silo.</summary>
internal sealed class ServicePath(PathName name, IWireService[] others) : WirePath(name)
{
    public override ValueTask WriteAsync(long number)
    {
        var item = Item.Make(number);
        if (Name.IsRoundTrip)
            return All.Ask(others, other => other.Ask(number, item));
        foreach (var other in others)
            other.Tell(Index, number, item).Ignore();
        return default;
    }

    public override void Load(long number)
    {
        var item = Item.Make(number);
        foreach (var other in others)
            other.Tell(0, 0, item).Ignore();
    }
}

/// <summary>A plain grain on every other silo.</summary>
internal sealed class GrainPath(IGrainFactory grains, WireSettings settings) : WirePath(PathName.Grain)
{
    private readonly IWireGrain[] _others = [.. Enumerable.Range(1, settings.Silos).Where(silo => silo != settings.Number).Select(silo => grains.GetGrain<IWireGrain>(silo))];

    public override ValueTask BeginAsync(bool isWriter) => isWriter ? default : grains.GetGrain<IWireGrain>(settings.Number).Ask(0, Item.Make(0));

    public override ValueTask WriteAsync(long number)
    {
        var item = Item.Make(number);
        return All.Ask(_others, other => other.Ask(number, item));
    }
}

/// <summary>A broadcast channel of Orleans for each other silo, for one reaches a single grain.</summary>
internal sealed class BroadcastPath(IBroadcastChannelProvider provider, IGrainFactory grains, WireSettings settings) : WirePath(PathName.Broadcast)
{
    private readonly IBroadcastChannelWriter<Item>[] _others =
        [.. Enumerable.Range(1, settings.Silos).Where(silo => silo != settings.Number).Select(silo => provider.GetChannelWriter<Item>(ChannelId.Create("wire", $"{silo}")))];

    public override async ValueTask BeginAsync(bool isWriter)
    {
        if (!isWriter)
            await grains.GetGrain<IBroadcastGrain>($"{settings.Number}").Begin(Index);
    }

    public override ValueTask WriteAsync(long number)
    {
        var item = Item.Make(number);
        return All.Ask(_others, other => new ValueTask(other.Publish(item)));
    }
}

/// <summary>A memory stream of Orleans, with a subscriber on every other silo. Its agents run in its rounds only: they poll.</summary>
internal sealed class StreamPath(PathName name, string provider, IStreamProvider streams, IGrainFactory grains, WireSettings settings) : WirePath(name)
{
    public const string Default = "memory";
    public const string Quick = "memory-quick";
    private readonly IAsyncStream<Item> _stream = streams.GetStream<Item>(StreamId.Create("wire", "items"));

    public override async ValueTask BeginAsync(bool isWriter)
    {
        if (isWriter)
            await CommandAsync(PersistentStreamProviderCommand.StartAgents);
        else
            await grains.GetGrain<IWireGrain>(settings.Number).Subscribe(provider, Index);
    }

    public override async ValueTask EndAsync(bool isWriter)
    {
        if (isWriter)
            await CommandAsync(PersistentStreamProviderCommand.StopAgents);
    }

    public override ValueTask WriteAsync(long number) => new(_stream.OnNextAsync(Item.Make(number)));

    private Task<object?[]> CommandAsync(PersistentStreamProviderCommand command)
        => grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<PersistentStreamProvider>(provider, (int)command, null);
}

/// <summary>All at once.</summary>
internal static class All
{
    public static ValueTask Ask<T>(T[] others, Func<T, ValueTask> ask)
        => others.Length == 1 ? ask(others[0]) : new ValueTask(Task.WhenAll(others.Select(other => ask(other).AsTask())));
}
