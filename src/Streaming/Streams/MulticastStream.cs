using Orleans.Streams;

namespace McCache.Streaming;

/// <summary>A multicast stream: what is published on it reaches every subscription on every silo.</summary>
internal sealed class MulticastStream<T>(MulticastStreamProvider provider, StreamId streamId) : IAsyncStream<T>
{
    private byte[]? _name;

    private MulticastMember Member => Provider.Member;

    /// <exception cref="ArgumentException">No frame can name the stream.</exception>
    private byte[] Name => _name ??= StreamNames.Of(streamId);

    internal MulticastStreamProvider Provider => provider;

    public bool IsRewindable => false;

    public string ProviderName => provider.Name;

    public StreamId StreamId => streamId;

    /// <summary>Completes when every subscription everywhere, here included, has handled the item, or its silo has left.</summary>
    public Task OnNextAsync(T item, StreamSequenceToken? token = null)
    {
        MulticastStreamProvider.RefuseToken(token);
        return SendAsync(FrameKind.Item, item);
    }

    /// <summary>Publishes the items one after another. Completes when all are handled, which they are when the last one is.</summary>
    public Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        MulticastStreamProvider.RefuseToken(token);
        T[] items = [.. batch];
        if (items.Length == 0)
            return Task.CompletedTask;
        var frames = Array.ConvertAll(items[..^1], item => Member.CreateFrame(FrameKind.Item, false, Name, Serialize(item)));
        var last = Member.CreateFrame(FrameKind.Item, true, Name, Serialize(items[^1]));
        foreach (var frame in frames)
            Member.Send(frame, null, isLocal: true);
        return Member.SendAsync(last, isLocal: true, null, CancellationToken.None).AsTask();
    }

    public Task OnCompletedAsync() => Member.SendAsync(Member.CreateFrame(FrameKind.Completed, true, Name, []), isLocal: true, null, CancellationToken.None).AsTask();

    public Task OnErrorAsync(Exception ex)
    {
        ArgumentNullException.ThrowIfNull(ex);
        return SendAsync(FrameKind.Error, ex);
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => SubscribeAsync(observer, null);

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        MulticastStreamProvider.RefuseToken(token);
        if (filterData is not null)
            throw new NotSupportedException("Multicast streams have no filters. Pass null.");
        return AddAsync(observer, null);
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> batchObserver) => SubscribeAsync(batchObserver, null);

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> batchObserver, StreamSequenceToken? token)
    {
        ArgumentNullException.ThrowIfNull(batchObserver);
        MulticastStreamProvider.RefuseToken(token);
        return AddAsync(null, batchObserver);
    }

    /// <summary>The subscriptions of the calling activation only; outside grains, those of this silo that were made outside grains. Nobody knows those of others.</summary>
    public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles()
    {
        var grain = provider.CurrentGrain;
        return Task.FromResult<IList<StreamSubscriptionHandle<T>>>(
            [.. Member.Streams.Find(StreamNames.Of(streamId)).Subscriptions
                .OfType<Subscription<T>>()
                .Where(subscription => Equals(subscription.Grain, grain))
                .Select(subscription => new MulticastSubscriptionHandle<T>(subscription))]);
    }

    public bool Equals(IAsyncStream<T>? other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => obj is IAsyncStream<T> other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(ProviderName, streamId);

    public int CompareTo(IAsyncStream<T>? other)
    {
        if (other is null)
            return 1;
        var order = string.CompareOrdinal(ProviderName, other.ProviderName);
        return order != 0 ? order : StreamNames.Of(streamId).AsSpan().SequenceCompareTo(StreamNames.Of(other.StreamId));
    }

    public override string ToString() => $"{ProviderName}/{streamId}";

    private byte[] Serialize<TItem>(TItem item) => provider.Serializer.SerializeToArray(item);

    private Task<Settlement> SendAsync<TItem>(FrameKind kind, TItem item)
        => Member.SendAsync(Member.CreateFrame(kind, true, Name, Serialize(item)), isLocal: true, null, CancellationToken.None).AsTask();

    private async Task<StreamSubscriptionHandle<T>> AddAsync(IAsyncObserver<T>? single, IAsyncBatchObserver<T>? batch)
    {
        var subscription = new Subscription<T>(this, provider.CurrentGrain, single, batch);
        Member.Streams.Add(subscription);
        if (subscription.IsClosed)
            Member.Streams.Remove(subscription); // its activation ended in between
        try
        {
            await Member.ListenAsync(subscription.StreamName);
        }
        catch
        {
            subscription.Close();
            throw;
        }

        return new MulticastSubscriptionHandle<T>(subscription);
    }
}
