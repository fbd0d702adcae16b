using Orleans.Streams;

namespace McCache.Streaming;

/// <summary>The handle of a subscription. It means nothing on another silo or in storage, so it has no serializer: Orleans refuses to send it there.</summary>
[Alias(WireAliases.SubscriptionHandle)] // every type whose base has [GenerateSerializer] has an alias
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
