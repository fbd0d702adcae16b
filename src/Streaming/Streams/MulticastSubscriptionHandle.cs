using Orleans.Streams;

namespace McCache.Streaming;

/// <summary>The handle of a subscription. It means nothing on another silo or in storage, and refuses to go there.</summary>
[Immutable, Alias(WireAliases.SubscriptionHandle), SerializationCallbacks(typeof(RefuseSerialization))]
internal sealed class MulticastSubscriptionHandle<T>(Subscription<T> subscription) : StreamSubscriptionHandle<T>
{
    public override StreamId StreamId => subscription.Stream;

    public override string ProviderName => subscription.Provider.Name;

    public override Guid HandleId => subscription.Id;

    public override Task UnsubscribeAsync()
    {
        subscription.Close();
        return Task.CompletedTask;
    }

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        MulticastStreamProvider.RefuseToken(token);
        return Resume(observer, null);
    }

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        MulticastStreamProvider.RefuseToken(token);
        return Resume(null, observer);
    }

    public override bool Equals(StreamSubscriptionHandle<T>? other) => other is not null && other.HandleId == HandleId;

    public override bool Equals(object? obj) => Equals(obj as StreamSubscriptionHandle<T>);

    public override int GetHashCode() => HandleId.GetHashCode();

    private Task<StreamSubscriptionHandle<T>> Resume(IAsyncObserver<T>? single, IAsyncBatchObserver<T>? batch)
    {
        subscription.Resume(single, batch);
        return Task.FromResult<StreamSubscriptionHandle<T>>(new MulticastSubscriptionHandle<T>(subscription));
    }
}

/// <summary>Refuses to serialize a <see cref="MulticastSubscriptionHandle{T}"/>.</summary>
internal sealed class RefuseSerialization
{
    /// <exception cref="NotSupportedException">Always.</exception>
#pragma warning disable CA1822 // Orleans calls it on an instance.
    public void OnSerializing(object value)
#pragma warning restore CA1822
        => throw new NotSupportedException("Subscriptions of multicast streams are local: a handle cannot leave its silo or be stored. Subscribe in OnActivateAsync.");
}
