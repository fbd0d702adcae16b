using Orleans.BroadcastChannel;
using Orleans.Placement;
using Orleans.Streams;

namespace McCache.Bench.Wire;

/// <summary>A plain grain, one for each silo, on that silo because it was first called there.</summary>
[Alias("McCache.Bench.IWireGrain")]
internal interface IWireGrain : IGrainWithIntegerKey
{
    [Alias("Ask")]
    ValueTask Ask(long number, Item item);

    /// <summary>Subscribes to a stream, once.</summary>
    [Alias("Subscribe")]
    Task Subscribe(string provider, int path);
}

/// <inheritdoc cref="IWireGrain"/>
[PreferLocalPlacement]
internal sealed class WireGrain(WireSettings settings, Board board) : Grain, IWireGrain
{
    private readonly HashSet<string> _subscribed = [];

    public ValueTask Ask(long number, Item item) => default;

    public async Task Subscribe(string provider, int path)
    {
        if (!_subscribed.Add(provider))
            return;
        await this.GetStreamProvider(provider).GetStream<Item>(StreamId.Create("wire", "items")).SubscribeAsync((item, _) =>
        {
            board.Note(settings.Number, path, item.Number);
            return Task.CompletedTask;
        });
    }
}

/// <summary>The subscriber of a broadcast channel, one for each silo: the channel's key is the silo's number.</summary>
[Alias("McCache.Bench.IBroadcastGrain")]
internal interface IBroadcastGrain : IGrainWithStringKey
{
    /// <summary>Sees to it that the grain is here.</summary>
    [Alias("Begin")]
    Task Begin(int path);
}

/// <inheritdoc cref="IBroadcastGrain"/>
[PreferLocalPlacement, ImplicitChannelSubscription("wire")]
internal sealed class BroadcastGrain(WireSettings settings, Board board) : Grain, IBroadcastGrain, IOnBroadcastChannelSubscribed
{
    private int _path;

    public Task Begin(int path)
    {
        _path = path;
        return Task.CompletedTask;
    }

    public Task OnSubscribed(IBroadcastChannelSubscription streamSubscription) => streamSubscription.Attach<Item>(item =>
    {
        board.Note(settings.Number, _path, item.Number);
        return Task.CompletedTask;
    });
}
