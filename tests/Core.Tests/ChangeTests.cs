using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

public class ChangeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Changes_come_in_order_with_their_kind()
    {
        var cache = Caches.Make<string, int>(options => options.MaxEntries = 3, _time);
        using var watcher = new Watcher(cache);
        cache.Set("a", 1, new() { TimeToLive = TimeSpan.FromSeconds(1) });
        cache.Set("a", 2, new() { TimeToLive = TimeSpan.FromSeconds(1) });
        _time.Advance(TimeSpan.FromSeconds(1));
        cache.Sweep(10);
        cache.GetOrAdd("b", _ => 1);
        cache.Remove("b", out _);
        cache.Set("c", 1, new() { Tags = ["t"] });
        cache.RemoveByTag("t", CacheChangeKind.Invalidated);
        cache.Set("d", 1);
        cache.Evict("d");
        cache.Set("e", 1);
        cache.Invalidate("e");
        cache.Set("f", 1);
        cache.Clear(CacheChangeKind.Removed);
        Assert.Equal("+a =a xa +b -b +c !c +d ~d +e !e +f -f", await watcher.Read(13));
    }

    [Fact]
    public async Task A_move_is_no_change_and_an_eviction_is()
    {
        var cache = Caches.Make<string, int>(options => options.MaxEntries = 1, _time);
        using var watcher = new Watcher(cache);
        cache.Set("a", 1);
        cache.MoveTo("a", last: false);
        cache.Set("b", 1);
        Assert.Equal("+a +b ~a", await watcher.Read(3));
    }

    [Fact]
    public async Task SinceRead_tells_of_reads_within_the_window()
    {
        var cache = Caches.Make<string, int>(options => options.ChangeWindow = TimeSpan.FromSeconds(16), _time);
        cache.Set("a", 1);
        cache.Set("b", 1);
        cache.TryGet("a", out _);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        using var watcher = new Watcher(cache);
        cache.Set("a", 2);
        cache.Set("b", 2);
        _time.Advance(TimeSpan.FromSeconds(16));
        cache.Invalidate("a");
        await watcher.Read(3);
        Assert.Equal([TimeSpan.FromMilliseconds(200), null, null], watcher.Seen.Select(change => change.SinceRead));
    }

    [Fact]
    public async Task Without_a_window_no_read_is_tracked()
    {
        var cache = Caches.Make<string, int>(time: _time);
        cache.Set("a", 1);
        cache.TryGet("a", out _);
        using var watcher = new Watcher(cache);
        cache.Set("a", 2);
        await watcher.Read(1);
        Assert.Null(watcher.Seen[0].SinceRead);
    }

    [Fact]
    public async Task A_slow_watcher_loses_the_oldest_and_holds_up_nobody()
    {
        var cache = Caches.Make<int, int>();
        using var entered = new SemaphoreSlim(0);
        using var open = new SemaphoreSlim(0);
        var seen = Channel.CreateUnbounded<int>();
        using var watching = cache.OnChange(change =>
        {
            if (change.Key == 0)
            {
                entered.Release();
                open.Wait();
            }

            seen.Writer.TryWrite(change.Key);
        });
        cache.Set(0, 0);
        await entered.WaitAsync();
        for (int i = 1; i <= ChangeQueue<int>.Capacity + 100; i++)
        {
            cache.Set(i, i);
        }

        Assert.Equal(100, cache.Statistics.DroppedNotifications);
        open.Release();
        Assert.Equal(0, await seen.Reader.ReadAsync());
        Assert.Equal(101, await seen.Reader.ReadAsync());
        watching.Dispose();
        watching.Dispose();
        Assert.Equal(100, cache.Statistics.DroppedNotifications);
    }

    [Fact]
    public async Task An_exception_is_logged_and_the_next_change_still_comes()
    {
        var logger = new ListLogger();
        var cache = Caches.Make<string, int>(logger: logger);
        var second = new TaskCompletionSource<string>();
        using var watching = cache.OnChange(change =>
        {
            if (change.Key == "a")
            {
                throw new FormatException();
            }

            second.SetResult(change.Key);
        });
        cache.Set("a", 1);
        cache.Set("b", 1);
        Assert.Equal("b", await second.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.IsType<FormatException>(Assert.Single(logger.Exceptions));
    }

    [Fact]
    public async Task A_callback_may_use_the_cache_and_runs_on_another_thread()
    {
        var cache = Caches.Make<string, int>();
        var done = new TaskCompletionSource<bool>();
        using var watching = cache.OnChange(change =>
        {
            if (change.Key == "a")
            {
                cache.Set("b", 1);
                done.SetResult(Thread.CurrentThread.IsThreadPoolThread);
            }
        });
        cache.Set("a", 1);
        Assert.True(await done.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(cache.ContainsKey("b"));
    }

    [Fact]
    public async Task After_Dispose_nothing_comes_and_others_still_get_theirs()
    {
        var cache = Caches.Make<string, int>();
        using var one = new Watcher(cache);
        using var two = new Watcher(cache);
        cache.Set("a", 1);
        await one.Read(1);
        one.Dispose();
        cache.Set("b", 1);
        Assert.Equal("+a +b", await two.Read(2));
        Assert.Single(one.Seen);
    }

    private sealed class Watcher : IDisposable
    {
        private readonly Channel<CacheChange<string>> _changes = Channel.CreateUnbounded<CacheChange<string>>();
        private readonly IDisposable _watching;

        internal Watcher(LocalCache<string, int> cache) => _watching = cache.OnChange(change => _changes.Writer.TryWrite(change));

        internal List<CacheChange<string>> Seen { get; } = [];

        internal async Task<string> Read(int count)
        {
            while (Seen.Count < count)
            {
                Seen.Add(await _changes.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
            }

            return string.Join(" ", Seen.Select(change => "+=-!~x"[(int)change.Kind] + change.Key));
        }

        public void Dispose() => _watching.Dispose();
    }

    private sealed class ListLogger : ILogger
    {
        internal List<Exception?> Exceptions { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Exceptions.Add(exception);
    }
}
