using System.Threading.Channels;
using Orleans.Streams;

namespace McCache.Streaming.Tests;

/// <summary>An observer outside grains that keeps what it is told, one behind a gate if it has one.</summary>
internal sealed class Listener<T>(Func<T, Task>? onNext = null) : IAsyncObserver<T>
{
    private readonly Channel<object> _events = Channel.CreateUnbounded<object>();

    internal bool HasMore => _events.Reader.TryPeek(out _);

    public async Task OnNextAsync(T item, StreamSequenceToken? token = null)
    {
        Assert.Null(token);
        if (onNext is not null)
            await onNext(item);
        _events.Writer.TryWrite(item!);
    }

    public Task OnCompletedAsync()
    {
        _events.Writer.TryWrite("completed");
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex)
    {
        _events.Writer.TryWrite(ex);
        return Task.CompletedTask;
    }

    internal Task<object> NextAsync() => _events.Reader.ReadAsync(TestContext.Current.CancellationToken).InTime();
}

/// <summary>Something that a test opens, and something that it waits for.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Entered => _entered.Task.InTime();

    internal void Open() => _open.TrySetResult();

    internal Task PassAsync()
    {
        _entered.TrySetResult();
        return _open.Task;
    }
}
