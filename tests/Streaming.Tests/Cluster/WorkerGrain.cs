using Orleans.Concurrency;
using Orleans.Streams;

namespace McCache.Streaming.Tests;

/// <summary>A grain of which every silo has one activation, and which subscribes.</summary>
[Alias("McCache.Tests.IWorkerGrain")]
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Subscribes the activation of the silo that is called from to the stream of the grain's key.</summary>
    [Alias("Subscribe")]
    Task Subscribe();

    [Alias("Unsubscribe")]
    Task Unsubscribe();

    /// <summary>What has come, once there is as much as is asked for.</summary>
    [Alias("Take")]
    Task<List<int>> Take(int count);

    [Alias("Handles")]
    Task<int> Handles();

    [Alias("Deactivate")]
    Task Deactivate();

    /// <summary>Publishes on a stream that came as an argument.</summary>
    [Alias("PublishOn")]
    Task PublishOn(IAsyncStream<int> stream, int item);
}

[StatelessWorker(1, false)]
internal sealed class WorkerGrain : Grain, IWorkerGrain
{
    private readonly List<int> _items = [];
    private TaskCompletionSource _more = new();
    private StreamSubscriptionHandle<int>? _handle;

    private IAsyncStream<int> Stream => this.GetStreamProvider(MulticastCluster.One).GetStream<int>("tests", this.GetPrimaryKeyString());

    public async Task Subscribe() => _handle = await Stream.SubscribeAsync((item, _) =>
    {
        Assert.NotSame(TaskScheduler.Default, TaskScheduler.Current); // a turn of this grain
        _items.Add(item);
        _more.TrySetResult();
        _more = new();
        return Task.CompletedTask;
    });

    public Task Unsubscribe() => _handle!.UnsubscribeAsync();

    public async Task<List<int>> Take(int count)
    {
        while (_items.Count < count)
            await _more.Task;
        return _items;
    }

    public async Task<int> Handles() => (await Stream.GetAllSubscriptionHandles()).Count;

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task PublishOn(IAsyncStream<int> stream, int item) => stream.OnNextAsync(item);
}
