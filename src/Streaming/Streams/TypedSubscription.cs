using Orleans.Streams;

namespace McCache.Streaming;

/// <summary>A subscription with its observer: turns payloads back into items, one copy for each subscription.</summary>
internal sealed class Subscription<T> : Subscription
{
    private const int MaxBatchItems = 256;
    private volatile Observers _observers;

    internal Subscription(MulticastStream<T> stream, IGrainContext? grain, IAsyncObserver<T>? single, IAsyncBatchObserver<T>? batch)
        : base(stream.Provider.Member, stream.StreamId, grain)
        => (Provider, _observers) = (stream.Provider, new(single, batch));

    internal MulticastStreamProvider Provider { get; }

    protected override int MaxItems => _observers.Batch is null ? 1 : MaxBatchItems;

    /// <summary>From now on another observer is called. One that is being called is not interrupted.</summary>
    /// <exception cref="InvalidOperationException">The subscription has ended.</exception>
    internal void Resume(IAsyncObserver<T>? single, IAsyncBatchObserver<T>? batch)
    {
        if (IsClosed)
            throw new InvalidOperationException("The subscription has ended; subscribe anew.");
        _observers = new(single, batch);
    }

    protected override async Task HandleAsync(IReadOnlyList<StreamEvent> events)
    {
        try
        {
            var observers = _observers;
            switch (events[0].Kind)
            {
                case null:
                    await observers.OnErrorAsync(new MulticastGapException(Member.Name, Stream));
                    break;
                case FrameKind.Completed:
                    await observers.OnCompletedAsync();
                    break;
                case FrameKind.Error:
                    await observers.OnErrorAsync(Read<Exception>(events[0].Payload) is { Item: { } error } ? error : Unreadable(null));
                    break;
                default:
                    await HandleItemsAsync(observers, events);
                    break;
            }
        }
#pragma warning disable CA1031 // An observer may throw anything; the item counts as handled.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Member.OnHandlerFailed(exception);
        }
    }

    private async Task HandleItemsAsync(Observers observers, IReadOnlyList<StreamEvent> events)
    {
        List<SequentialItem<T>> items = new(events.Count);
        foreach (var item in events)
        {
            var (value, error) = Read<T>(item.Payload);
            if (error is null)
            {
                items.Add(new(value!, null!)); // there are no sequence tokens
                continue;
            }

            await FlushAsync();
            await observers.OnErrorAsync(Unreadable(error));
        }

        await FlushAsync();

        async Task FlushAsync()
        {
            if (items.Count == 0)
                return;
            await observers.OnNextAsync(items);
            items = [];
        }
    }

    private (TItem? Item, Exception? Error) Read<TItem>(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return (Provider.Serializer.Deserialize<TItem>(payload), null);
        }
#pragma warning disable CA1031 // A serializer may throw anything for bytes that it did not write.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref Member.Counters.UnreadableItems);
            if (Member.Refusals.TryPass(Member.Clock.Now))
                Member.Log.ItemUnreadable(exception, Member.Name);
            return (default, exception);
        }
    }

    private InvalidOperationException Unreadable(Exception? cause)
        => new($"An item of stream {Stream} of multicast provider '{Member.Name}' cannot be deserialized as {typeof(T)}.", cause);

    /// <summary>The one observer, of one kind or the other.</summary>
    private sealed record Observers(IAsyncObserver<T>? Single, IAsyncBatchObserver<T>? Batch)
    {
        internal Task OnNextAsync(List<SequentialItem<T>> items) => Batch is null ? Single!.OnNextAsync(items[0].Item) : Batch.OnNextAsync(items);

        internal Task OnCompletedAsync() => Batch is null ? Single!.OnCompletedAsync() : Batch.OnCompletedAsync();

        internal Task OnErrorAsync(Exception exception) => Batch is null ? Single!.OnErrorAsync(exception) : Batch.OnErrorAsync(exception);
    }
}
