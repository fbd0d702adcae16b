namespace McCache.Core.Tests;

public class FillTests
{
    [Fact]
    public async Task A_fill_is_cached_with_its_options_and_counted()
    {
        var cache = Caches.Make<string, int>();
        Assert.Equal(1, await cache.GetOrAddAsync("a", 1, (_, state, _) => new(state), new() { Tags = ["red"], Size = 7 }));
        Assert.Equal(1, await cache.GetOrAddAsync("a", 2, (_, state, _) => new(state)));
        Assert.True(cache.TryGetMetadata("a", out var metadata));
        Assert.Equal((7, "red"), (metadata.Size, Assert.Single(metadata.Tags)));
        Assert.Equal((1, 1, 1, 1), (cache.Statistics.Fills, cache.Statistics.Inserts, cache.Statistics.Hits, cache.Statistics.Misses));
        Assert.Equal(0, cache.Statistics.BrokenFlights);
    }

    [Fact]
    public async Task A_factory_that_completes_synchronously_leaves_a_completed_task_and_nothing_else()
    {
        var cache = Caches.Make<string, string?>();
        var task = cache.GetOrAddAsync("a", 0, (_, _, _) => new((string?)null));
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Null(await task);
        Assert.True(cache.ContainsKey("a"));
        Assert.Null(WaitNode.Current);
        cache.Invalidate("a");
        Assert.Equal("x", cache.GetOrAdd("a", _ => "x"));
        Assert.Null(WaitNode.Current);
    }

    [Fact]
    public async Task A_hundred_callers_share_one_factory()
    {
        var cache = Caches.Make<string, int>();
        var gate = new TaskCompletionSource<int>();
        int calls = 0;
        var tasks = Enumerable.Range(0, 100).Select(_ => cache.GetOrAddAsync("a", 0, (_, _, _) =>
        {
            calls++;
            return new(gate.Task);
        }).AsTask()).ToArray();
        gate.SetResult(5);
        Assert.All(await Task.WhenAll(tasks), value => Assert.Equal(5, value));
        Assert.Equal((1, 1), (calls, cache.Statistics.Fills));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_goes_to_all_and_is_not_cached(bool synchronous)
    {
        var cache = Caches.Make<string, int>();
        var gate = new TaskCompletionSource<int>();
        var failure = new InvalidOperationException("source down");
        var first = cache.GetOrAddAsync("a", 0, (_, _, _) => synchronous ? throw failure : new(gate.Task));
        var second = synchronous ? first : cache.GetOrAddAsync("a", 0, (_, _, _) => new(0));
        gate.SetException(failure);
        Assert.Same(failure, await Assert.ThrowsAsync<InvalidOperationException>(first.AsTask));
        if (!synchronous)
        {
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidOperationException>(second.AsTask));
        }

        Assert.Equal(3, await cache.GetOrAddAsync("a", 3, (_, state, _) => new(state)));
        Assert.Equal(1, cache.Statistics.Fills);
    }

    [Fact]
    public async Task A_measure_that_throws_fails_the_fill_and_leaves_no_flight()
    {
        var cache = Caches.Make<string, int>(measure: (_, value) => value == 0 ? throw new FormatException() : 1);
        await Assert.ThrowsAsync<FormatException>(async () => await cache.GetOrAddAsync("a", 0, (_, state, _) => new(state)));
        Assert.Throws<FormatException>(() => cache.GetOrAdd("a", _ => 0));
        Assert.Equal(1, await cache.GetOrAddAsync("a", 1, (_, state, _) => new(state)));
    }

    [Fact]
    public async Task A_waiter_that_gives_up_leaves_the_others_alone()
    {
        var cache = Caches.Make<string, int>();
        var fill = new Fill();
        using var impatient = new CancellationTokenSource();
        using var patient = new CancellationTokenSource();
        var first = fill.Begin(cache, impatient.Token);
        var second = fill.Begin(cache, patient.Token);
        await impatient.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(first.AsTask);
        Assert.Equal(impatient.Token, exception.CancellationToken);
        Assert.False(fill.Token.IsCancellationRequested);
        fill.Gate.SetResult(4);
        Assert.Equal(4, await second);
        Assert.True(cache.ContainsKey("a"));
    }

    [Fact]
    public async Task When_all_waiters_have_left_the_factory_is_cancelled_and_nobody_joins_it()
    {
        var cache = Caches.Make<string, int>();
        var fill = new Fill();
        using var cancellation = new CancellationTokenSource();
        var first = fill.Begin(cache, cancellation.Token);
        var second = fill.Begin(cache, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(first.AsTask);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(second.AsTask);
        await fill.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(8, await cache.GetOrAddAsync("a", 8, (_, state, _) => new(state)));
        fill.Gate.SetResult(4);
        Assert.True(cache.TryGet("a", out int value));
        Assert.Equal(8, value);
    }

    [Fact]
    public async Task A_waiter_that_cannot_give_up_keeps_the_factory_going()
    {
        var cache = Caches.Make<string, int>();
        var fill = new Fill();
        using var cancellation = new CancellationTokenSource();
        var first = fill.Begin(cache, cancellation.Token);
        var second = fill.Begin(cache, CancellationToken.None);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(first.AsTask);
        Assert.False(fill.Token.IsCancellationRequested);
        fill.Gate.SetResult(4);
        Assert.Equal(4, await second);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_starts_nothing_but_does_not_hide_a_hit()
    {
        var cache = Caches.Numbers("a");
        var cancelled = new CancellationToken(canceled: true);
        Assert.Equal(1, await cache.GetOrAddAsync("a", 0, Untouchable, cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cache.GetOrAddAsync("b", 0, Untouchable, cancellationToken: cancelled));
    }

    [Fact]
    public async Task The_factory_runs_in_its_first_callers_context()
    {
        var cache = Caches.Make<string, int>();
        var ambient = new AsyncLocal<int> { Value = 7 };
        int thread = Environment.CurrentManagedThreadId, seen = 0, ran = 0;
        await cache.GetOrAddAsync("a", 0, (_, _, _) =>
        {
            (seen, ran) = (ambient.Value, Environment.CurrentManagedThreadId);
            return new(1);
        });
        Assert.Equal((7, thread), (seen, ran));
    }

    [Fact]
    public async Task A_factory_that_asks_for_its_own_key_runs_a_second_time_instead_of_waiting_for_itself()
    {
        var cache = Caches.Make<string, int>();
        int inner = 0;
        int outer = await cache.GetOrAddAsync("a", 0, async (_, _, token) =>
        {
            await Task.Yield();
            inner = await cache.GetOrAddAsync("a", 0, (_, _, _) => new(1), cancellationToken: token);
            return 2;
        }).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((1, 2), (inner, outer));
        Assert.True(cache.TryGet("a", out int value));
        Assert.Equal(2, value);
        Assert.Equal(7, cache.GetOrAdd("b", key => cache.GetOrAdd(key, _ => 3) + 4));
    }

    [Fact]
    public async Task Two_factories_that_want_each_others_keys_do_not_wait_in_a_circle()
    {
        var one = Caches.Make<string, int>();
        var two = Caches.Make<int, string>();
        var bothRun = new TaskCompletionSource();
        var a = one.GetOrAddAsync("a", 0, async (_, _, token) =>
        {
            await bothRun.Task;
            return (await two.GetOrAddAsync(1, 0, (_, _, _) => new("lone"), cancellationToken: token)).Length;
        }).AsTask();
        var b = two.GetOrAddAsync(1, 0, async (_, _, token) =>
        {
            await bothRun.Task;
            return (await one.GetOrAddAsync("a", 0, (_, _, _) => new(99), cancellationToken: token)).ToString();
        }).AsTask();
        bothRun.SetResult();
        await Task.WhenAll(a, b).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True((await a, await b) is (4, "4") or (2, "99"), $"{await a} {await b}");
    }

    [Fact]
    public async Task A_nested_fill_of_another_key_is_joined_and_cached_as_any()
    {
        var cache = Caches.Make<string, int>();
        var fill = new Fill();
        var inner = fill.Begin(cache, CancellationToken.None);
        var outer = cache.GetOrAddAsync("outer", 0, async (_, _, _) => 10 + await fill.Begin(cache, CancellationToken.None));
        fill.Gate.SetResult(4);
        Assert.Equal((4, 14, 1), (await inner, await outer, fill.Calls));
        Assert.Equal(0, cache.Statistics.BrokenFlights);
    }

    [Fact]
    public async Task Synchronous_callers_share_one_factory()
    {
        var cache = Caches.Make<string, int>();
        using var open = new SemaphoreSlim(0);
        int calls = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() => cache.GetOrAdd("a", _ =>
        {
            Interlocked.Increment(ref calls);
            open.Wait();
            return 5;
        }), TaskCreationOptions.LongRunning)).ToArray();
        SpinWait.SpinUntil(() => cache.Statistics.Misses == 4);
        open.Release(4);
        Assert.All(await Task.WhenAll(threads), value => Assert.Equal(5, value));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Synchronous_exception_goes_to_all_that_wait()
    {
        var cache = Caches.Make<string, int>();
        using var open = new SemaphoreSlim(0);
        var threads = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() => cache.GetOrAdd("a", _ =>
        {
            open.Wait();
            throw new FormatException();
        }), TaskCreationOptions.LongRunning)).ToArray();
        SpinWait.SpinUntil(() => cache.Statistics.Misses == 2);
        open.Release(2);
        await Assert.ThrowsAsync<FormatException>(() => threads[0]);
        await Assert.ThrowsAsync<FormatException>(() => threads[1]);
        Assert.Equal(1, cache.GetOrAdd("a", _ => 1));
    }

    [Fact]
    public async Task A_synchronous_caller_never_waits_for_an_asynchronous_fill()
    {
        var cache = Caches.Make<string, int>();
        var fill = new Fill();
        var first = fill.Begin(cache, CancellationToken.None);
        Assert.Equal(2, cache.GetOrAdd("a", _ => 2));
        fill.Gate.SetResult(4);
        Assert.Equal(4, await first);
        Assert.True(cache.TryGet("a", out int value));
        Assert.Equal(2, value);
    }

    [Fact]
    public async Task Waiting_fills_are_told_outside_the_landing_factorys_turn()
    {
        var cache = Caches.Make<string, int>();
        var fill = new Fill();
        var first = fill.Begin(cache, CancellationToken.None).AsTask();
        bool inline = true, setting = false;
        int here = Environment.CurrentManagedThreadId; // another thread may well run the continuation while this one is still setting the result
        var continuation = first.ContinueWith(
            _ => inline = setting && Environment.CurrentManagedThreadId == here, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        setting = true;
        fill.Gate.SetResult(4);
        setting = false;
        await continuation;
        Assert.False(inline);
    }

    private static ValueTask<int> Untouchable(string key, int state, CancellationToken token) => throw new InvalidOperationException("No factory should run.");

    /// <summary>A fill of the key "a" that waits for its gate.</summary>
    private sealed class Fill
    {
        internal TaskCompletionSource<int> Gate { get; } = new();

        internal TaskCompletionSource Cancelled { get; } = new();

        internal CancellationToken Token { get; private set; }

        internal int Calls { get; private set; }

        internal ValueTask<int> Begin(LocalCache<string, int> cache, CancellationToken cancellationToken)
            => cache.GetOrAddAsync("a", this, static (_, fill, token) =>
            {
                fill.Calls++;
                fill.Token = token;
                token.Register(fill.Cancelled.SetResult);
                return new(fill.Gate.Task);
            }, null, cancellationToken);
    }
}
