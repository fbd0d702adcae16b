using Microsoft.Extensions.Time.Testing;

namespace McCache.Core.Tests;

/// <summary>The flight is the fence: what breaks one, and what it means for those who had joined and those who come later (properties P1 and P2).</summary>
public class FenceTests
{
    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string> Breaks =>
    [
        "Set", "TryAdd", "AddOrUpdate", "Remove", "Invalidate", "Clear", "Drop", "RemoveByTag", "Serve(0)", "epoch",
    ];

    public static TheoryData<string> Harmless => ["other key", "other tag", "Evict", "extension", "shortening"];

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task A_broken_flight_still_answers_those_aboard_but_caches_nothing_and_takes_nobody_more(string what)
    {
        var cache = Make();
        var first = new Gate(cache, "k");
        var joined = cache.GetOrAddAsync("k", 0, Gate.Untouchable);
        Act(cache, what);
        cache.Evict("k"); // so that a later caller misses what Set and its like have stored; breaks nothing itself
        Serve(cache);
        var second = new Gate(cache, "k");
        Assert.True(second.Started, "a later caller has joined the broken flight");

        first.Open(1);
        Assert.Equal(1, await first.Task);
        Assert.Equal(1, await joined);
        Assert.False(cache.ContainsKey("k"), "the broken flight's value is cached");

        second.Open(2);
        Assert.Equal(2, await second.Task);
        Assert.True(cache.TryGet("k", out int value));
        Assert.Equal((2, 1), (value, cache.Statistics.BrokenFlights));
        cache.Check();
    }

    /// <summary>The same without a second flight or a removal in between: what the act left is what stays.</summary>
    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task A_broken_flight_overwrites_nothing(string what)
    {
        var cache = Make();
        var first = new Gate(cache, "k");
        Act(cache, what);
        Serve(cache);
        bool written = cache.TryGet("k", out int before);
        first.Open(1);
        Assert.Equal(1, await first.Task);
        Assert.Equal((written, before), (cache.TryGet("k", out int after), after));
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task A_blocking_flight_is_broken_by_the_same(string what)
    {
        var cache = Make();
        using var started = new SemaphoreSlim(0);
        using var open = new SemaphoreSlim(0);
        var first = Task.Run(() => cache.GetOrAdd("k", _ => { started.Release(); open.Wait(); return 1; }, Tagged));
        await started.WaitAsync();
        Act(cache, what);
        cache.Evict("k");
        Serve(cache);
        int second = cache.GetOrAdd("k", _ => 2);
        open.Release();
        Assert.Equal((1, 2), (await first, second));
        Assert.True(cache.TryGet("k", out int value));
        Assert.Equal(2, value);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public async Task What_does_not_concern_a_flight_leaves_it_alone(string what)
    {
        var cache = Make();
        var first = new Gate(cache, "k");
        Act(cache, what);
        var joined = cache.GetOrAddAsync("k", 0, Gate.Untouchable);
        first.Open(1);
        Assert.Equal((1, 1), (await first.Task, await joined));
        Assert.True(cache.ContainsKey("k"));
        Assert.Equal(0, cache.Statistics.BrokenFlights);
    }

    [Fact]
    public async Task In_a_lapse_nobody_joins_and_everybody_runs_alone()
    {
        var cache = Make();
        var first = new Gate(cache, "k");
        _time.Advance(TimeSpan.FromSeconds(5));
        var second = new Gate(cache, "k");
        var third = new Gate(cache, "k");
        Assert.True(second.Started && third.Started);
        third.Open(3);
        second.Open(2);
        first.Open(1);
        Assert.Equal((1, 2, 3), (await first.Task, await second.Task, await third.Task));
    }

    [Fact]
    public async Task A_fill_that_begins_in_a_lapse_is_not_cached_though_the_cache_serves_again_when_it_lands()
    {
        var cache = Make();
        _time.Advance(TimeSpan.FromSeconds(5));
        var first = new Gate(cache, "k");
        Serve(cache);
        var second = new Gate(cache, "k");
        Assert.True(second.Started, "a caller has joined a fill that began in a lapse");
        first.Open(1);
        Assert.Equal(1, await first.Task);
        Assert.False(cache.ContainsKey("k"));
        second.Open(2);
        Assert.Equal(2, await second.Task);
        Assert.True(cache.ContainsKey("k"));
    }

    [Fact]
    public async Task A_fill_that_lands_in_a_lapse_nobody_has_noted_is_kept_for_after_it()
    {
        var cache = Make();
        var first = new Gate(cache, "k");
        _time.Advance(TimeSpan.FromSeconds(5));
        first.Open(1);
        Assert.Equal(1, await first.Task);
        Assert.False(cache.ContainsKey("k"));
        Serve(cache);
        Assert.True(cache.ContainsKey("k"));
    }

    [Fact]
    public async Task A_write_inside_the_factory_breaks_its_own_flight()
    {
        var cache = Make();
        int value = await cache.GetOrAddAsync("k", cache, (key, cache, _) =>
        {
            cache.Set(key, 5);
            return new(1);
        });
        Assert.Equal(1, value);
        Assert.True(cache.TryGet("k", out value));
        Assert.Equal(5, value);
    }

    private static CacheEntryOptions Tagged => new() { Tags = ["red"] };

    private LocalCache<string, int> Make()
    {
        var cache = Caches.Make<string, int>(time: _time);
        Serve(cache);
        return cache;
    }

    private static void Serve(LocalCache<string, int> cache) => cache.Serve(cache.Now + 1_000);

    private void Act(LocalCache<string, int> cache, string what)
    {
        switch (what)
        {
            case "Set": cache.Set("k", 9); break;
            case "TryAdd": Assert.True(cache.TryAdd("k", 9)); break;
            case "AddOrUpdate": cache.AddOrUpdate("k", 9, (_, old) => old); break;
            case "Remove": cache.Remove("k", out _); break;
            case "Invalidate": cache.Invalidate("k"); break;
            case "Clear": cache.Clear(CacheChangeKind.Removed); break;
            case "Drop": cache.Drop(); break;
            case "RemoveByTag": cache.RemoveByTag("red", CacheChangeKind.Invalidated); break;
            case "Serve(0)": cache.Serve(0); break;
            case "epoch":
                _time.Advance(TimeSpan.FromSeconds(1));
                Serve(cache);
                break;
            case "other key":
                cache.Set("other", 1);
                cache.Remove("other", out _);
                cache.Invalidate("other");
                break;
            case "other tag": cache.RemoveByTag("blue", CacheChangeKind.Removed); break;
            case "Evict": cache.Evict("k"); break;
            case "extension":
                _time.Advance(TimeSpan.FromMilliseconds(999));
                Serve(cache);
                break;
            case "shortening": cache.Serve(cache.Now + 1); break;
            default: throw new ArgumentOutOfRangeException(nameof(what));
        }
    }

    /// <summary>A fill whose factory waits until it is told its value.</summary>
    private sealed class Gate
    {
        private readonly TaskCompletionSource<int> _value = new();

        internal Gate(LocalCache<string, int> cache, string key)
        {
            Task = cache.GetOrAddAsync(key, this, static (_, gate, _) =>
            {
                gate.Started = true;
                return new(gate._value.Task);
            }, Tagged).AsTask();
        }

        internal static Func<string, int, CancellationToken, ValueTask<int>> Untouchable => (_, _, _) => throw new InvalidOperationException("This caller should have joined.");

        internal Task<int> Task { get; }

        internal bool Started { get; private set; }

        internal void Open(int value) => _value.SetResult(value);
    }
}
