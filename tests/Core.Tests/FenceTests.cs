using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>P2: what a factory read before a write completed is never served, nor returned to a caller that started after it.</summary>
public sealed class FenceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LocalCache<string, int> _cache;

    public FenceTests()
    {
        _cache = new("cache", new CacheOptions(), _time);
        _cache.Serve(long.MaxValue);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Dictionary<string, Action<LocalCache<string, int>>> s_breakers = new()
    {
        { "an invalidation", cache => cache.Invalidate("a") },
        { "a set", cache => cache.Set("a", 7) },
        { "a removal", cache => cache.Remove("a", out _) },
        { "its tag", cache => cache.RemoveByTag("tag", CacheChangeKind.Invalidated) },
        { "a clear", cache => cache.Clear(CacheChangeKind.Removed) },
        { "a gap", cache => cache.Drop() },
        { "the end of serving", cache => cache.Serve(0) },
    };

    public static TheoryData<string> Breakers => [.. s_breakers.Keys];

    [Theory]
    [MemberData(nameof(Breakers))]
    public async Task What_breaks_a_flight_keeps_its_value_from_being_cached_and_later_callers_from_joining(string breaker)
    {
        var (old, fresh) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var before = Fill(old);
        s_breakers[breaker](_cache);
        var later = Fill(fresh);
        old.SetResult(1);
        Assert.Equal(1, await before);
        Assert.NotEqual(1, _cache.TryGet("a", out var value) ? value : 0);
        fresh.SetResult(2);
        Assert.NotEqual(1, await later);
        _cache.Check();
    }

    [Fact]
    public async Task An_eviction_says_nothing_of_the_value_and_breaks_no_flight()
    {
        var gate = new TaskCompletionSource<int>();
        var filling = Fill(gate);
        _cache.Evict("a");
        _cache.Invalidate("another");
        _cache.RemoveByTag("another", CacheChangeKind.Invalidated);
        gate.SetResult(1);
        await filling;
        Assert.True(_cache.ContainsKey("a"));
    }

    [Fact]
    public async Task A_lapse_of_serving_begins_a_new_epoch()
    {
        _cache.Serve(_cache.Now + 100);
        var gate = new TaskCompletionSource<int>();
        var before = Fill(gate);
        _time.Advance(TimeSpan.FromMilliseconds(200)); // validity has run out, and nobody has heard of anything
        _cache.Serve(_cache.Now + 100);
        var fresh = new TaskCompletionSource<int>();
        var after = Fill(fresh);
        gate.SetResult(1);
        fresh.SetResult(2);
        Assert.Equal(1, await before);
        Assert.Equal(2, await after);
        Assert.True(_cache.TryGet("a", out var value));
        Assert.Equal(2, value);
    }

    [Fact]
    public async Task While_the_cache_does_not_serve_callers_run_alone_and_nothing_is_cached()
    {
        _cache.Serve(0);
        var (one, two) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var (first, second) = (Fill(one), Fill(two));
        two.SetResult(2);
        Assert.Equal(2, await second);
        one.SetResult(1);
        Assert.Equal(1, await first);
        _cache.Serve(long.MaxValue);
        Assert.False(_cache.ContainsKey("a"));
    }

    [Fact]
    public async Task Callers_of_one_key_share_one_factory()
    {
        var gate = new TaskCompletionSource<int>();
        var calls = 0;
        var callers = Enumerable.Range(0, 100).Select(_ => _cache.GetOrAddAsync("a", 0, (_, _, _) =>
        {
            calls++;
            return new ValueTask<int>(gate.Task);
        }, null, Token).AsTask()).ToArray();
        gate.SetResult(1);
        Assert.All(await Task.WhenAll(callers), value => Assert.Equal(1, value));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_others_and_the_last_one_cancels_the_factory()
    {
        using var one = new CancellationTokenSource();
        using var two = new CancellationTokenSource();
        var gate = new TaskCompletionSource<int>();
        CancellationToken seen = default;
        ValueTask<int> Factory(string key, int state, CancellationToken token)
        {
            seen = token;
            return new(gate.Task);
        }

        var first = _cache.GetOrAddAsync("a", 0, Factory, null, one.Token).AsTask();
        var second = _cache.GetOrAddAsync("a", 0, Factory, null, two.Token).AsTask();
        await one.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(seen.IsCancellationRequested);
        var cancelled = new TaskCompletionSource();
        await using var registration = seen.Register(cancelled.SetResult);
        await two.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task An_exception_goes_to_all_and_is_not_cached()
    {
        var gate = new TaskCompletionSource<int>();
        var (first, second) = (Fill(gate), Fill(gate));
        gate.SetException(new InvalidDataException("broken"));
        await Assert.ThrowsAsync<InvalidDataException>(() => first);
        await Assert.ThrowsAsync<InvalidDataException>(() => second);
        Assert.Equal(3, _cache.GetOrAdd("a", _ => 3));
    }

    [Fact]
    public void A_factory_that_asks_for_its_own_key_does_not_wait_for_itself()
        => Assert.Equal(2, _cache.GetOrAdd("a", _ => _cache.GetOrAdd("a", _ => 1) + 1));

    [Fact]
    public async Task A_synchronous_caller_never_waits_for_an_asynchronous_fill()
    {
        var gate = new TaskCompletionSource<int>();
        var filling = Fill(gate);
        Assert.Equal(5, _cache.GetOrAdd("a", _ => 5));
        gate.SetResult(1);
        Assert.Equal(1, await filling);
    }

    private Task<int> Fill(TaskCompletionSource<int> gate)
        => _cache.GetOrAddAsync("a", gate, static (_, gate, _) => new ValueTask<int>(gate.Task), new CacheEntryOptions { Tags = ["tag"] }, Token).AsTask();
}
