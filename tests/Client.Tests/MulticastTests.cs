using CsCheck;
using McCache.Streaming;

namespace McCache.Client.Tests;

/// <summary>What is multicast, and what is not: P4, and what the others do about it.</summary>
public sealed class MulticastTests
{
    private readonly Network _network = new();
    private readonly IMcCache<string, int> _here;
    private readonly IMcCache<string, int> _there;

    public MulticastTests()
    {
        _here = _network.JoinOne(options => options.MaxEntries = 10);
        _there = _network.JoinOne(options => options.MaxEntries = 10);
    }

    public static TheoryData<string, Action<IMcCache<string, int>>> Writes => new()
    {
        { "indexer", cache => cache["a"] = 1 },
        { "Set", cache => cache.Set("a", 1, new CacheEntryOptions()) },
        { "TryAdd", cache => cache.TryAdd("a", 1) },
        { "Add", cache => cache.Add("a", 1) },
        { "AddOrUpdate", cache => cache.AddOrUpdate("a", 1, (_, _) => 2) },
        { "Remove", cache => cache.Remove("a") },
        { "SetRange", cache => cache.SetRange([new("a", 1)]) },
        { "Clear", cache => cache.Clear() },
        { "SetAsync", cache => _ = cache.SetAsync("a", 1).AsTask() },
        { "SetAsync with options", cache => _ = cache.SetAsync("a", 1, new CacheEntryOptions()).AsTask() },
        { "RemoveAsync", cache => _ = cache.RemoveAsync("a").AsTask() },
        { "ClearAsync", cache => _ = cache.ClearAsync().AsTask() },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public void A_write_is_one_frame_and_drops_the_other_copy(string verb, Action<IMcCache<string, int>> write)
    {
        Assert.NotEmpty(verb);
        Assert.Equal(5, _there.GetOrAdd("a", _ => 5));
        write(_here);
        Assert.Single(_network.Frames);
        Assert.False(_there.ContainsKey("a"));
    }

    [Fact]
    public void Writes_that_need_the_key_are_one_frame()
    {
        _here["a"] = 1;
        _here["b"] = 2;
        _network.Frames.Clear();
        Assert.True(_here.TryUpdate("a", 3, 1));
        Assert.True(_here.TryPopFirst(out _));
        Assert.True(_here.TryPopLast(out _));
        Assert.Equal(3, _network.Frames.Count);
    }

    [Fact]
    public void What_changes_nothing_here_tells_nobody_unless_it_is_a_removal()
    {
        _here["a"] = 1;
        _network.Frames.Clear();
        Assert.False(_here.TryAdd("a", 2));
        Assert.False(_here.TryUpdate("a", 2, 5));
        Assert.False(((ICollection<KeyValuePair<string, int>>)_here).Remove(new("a", 5)));
        Assert.Empty(_network.Frames);
        Assert.False(_here.Remove("not here, but maybe there"));
        Assert.Single(_network.Frames);
    }

    [Fact]
    public async Task Fills_evictions_expiry_reads_and_moves_tell_nobody()
    {
        var token = TestContext.Current.CancellationToken;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(i, _here.GetOrAdd($"k{i}", _ => i));
            Assert.Equal(i, await _there.GetOrAddAsync($"k{i}", i, static (_, value, _) => new ValueTask<int>(value), cancellationToken: token));
        }

        Assert.Equal(10, _here.Count);
        await _here.GetOrAddAsync("short", 1, static (_, value, _) => new ValueTask<int>(value), new CacheEntryOptions { TimeToLive = TimeSpan.FromSeconds(1) }, token);
        _network.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(_here.ContainsKey("short"));
        _here.MoveToFirst(_here.Last.Key);
        Assert.NotEmpty(_here.ToArray());
        Assert.Empty(_network.Frames);
    }

    [Fact]
    public async Task A_tag_removes_here_and_there()
    {
        var token = TestContext.Current.CancellationToken;
        var tagged = new CacheEntryOptions { Tags = ["red", "big"] };
        foreach (var cache in new[] { _here, _there })
        {
            await cache.GetOrAddAsync("a", (_, _) => new ValueTask<int>(1), tagged, token);
            await cache.GetOrAddAsync("b", (_, _) => new ValueTask<int>(1), token);
        }

        await _here.RemoveByTagAsync("big", token);
        Assert.Equal(["b"], _here.Keys);
        Assert.Equal(["b"], _there.Keys);
        Assert.Single(_network.Frames);
        await Assert.ThrowsAsync<ArgumentException>(() => _here.RemoveByTagAsync("", token).AsTask());
    }

    [Fact]
    public async Task A_write_there_breaks_a_fill_here()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new TaskCompletionSource<int>();
        var filling = _here.GetOrAddAsync("a", (_, _) => gate.Task, token).AsTask();
        await _there.RemoveAsync("a", token);
        gate.SetResult(1);
        Assert.Equal(1, await filling);
        Assert.False(_here.ContainsKey("a"));
        Assert.Equal(1, _here.Statistics.BrokenFlights);
    }

    [Fact]
    public void Bytes_that_are_no_frame_are_refused_and_a_gap_drops_everything()
    {
        var member = _network.Join(caches => caches.Add<string, int>("cache"));
        var cache = member.Get<string, int>("cache");
        var handler = member.Channel.Handlers.Values.Single();
        cache["a"] = 1;
        foreach (byte[] bytes in (byte[][])[[], [9, 1], [1, 255, 255, 255, 255], [2], [4, 1, 2, 3], [3, 0]])
            Assert.Equal(FrameOutcome.Refused, handler.Apply(new ReceivedFrame { Payload = bytes, Stamp = 1 }));
        Assert.True(cache.ContainsKey("a"));
        handler.OnGap(member.Channel.Silo, 0);
        Assert.Empty(cache);
        Assert.Equal(1, cache.Statistics.Invalidations);
    }

    [Fact]
    public void A_random_frame_never_throws()
    {
        var member = _network.Join(caches => caches.Add<string, int>("cache"));
        var handler = member.Channel.Handlers.Values.Single();
        _here["some key"] = 1;
        var real = _network.Frames.Single();
        Gen.Select(Gen.Int[0, real.Length - 1], Gen.Byte, Gen.Int[0, real.Length]).Array[1, 4].Sample(mutations =>
        {
            var bytes = real.ToArray();
            foreach (var (index, value, length) in mutations)
            {
                bytes[index % bytes.Length] = value;
                bytes = bytes[..Math.Max(1, Math.Min(bytes.Length, length))];
            }

            handler.Apply(new ReceivedFrame { Payload = bytes, Stamp = 1 });
        });
    }

    [Fact]
    public async Task What_is_published_of_a_key_again_supersedes_what_was_unless_a_coherent_verb_came_between()
    {
        _here["a"] = 1;
        _here["b"] = 1;
        _here.Remove("a");
        _here["b"] = 2;
        await _here.RemoveAsync("c", TestContext.Current.CancellationToken);
        _here["b"] = 3;
        Assert.Equal([true, true, false, false, false], _network.Kept.Select(frame => frame.IsSuperseded(long.MaxValue)));
    }

    [Fact]
    public void The_frame_format_is_what_the_release_before_wrote()
    {
        _here.Remove("ab");
        var frame = Assert.Single(_network.Frames);
        Assert.Equal("016162", Convert.ToHexString(frame));
    }

    [Theory]
    [InlineData(StaleReads.Miss, false)]
    [InlineData(StaleReads.Serve, true)]
    public void A_member_that_is_not_valid_serves_only_if_that_is_asked_for(StaleReads staleReads, bool isServed)
    {
        var member = _network.Join(caches => caches.Add<string, int>("cache", options => options.StaleReads = staleReads));
        var (cache, handler) = (member.Get<string, int>("cache"), Assert.Single(member.Channel.Handlers.Values));
        cache["a"] = 1;
        handler.Serve(1); // ran out long ago
        Assert.Equal(isServed, cache.ContainsKey("a"));
        handler.Serve(0); // not started, or stopping
        Assert.False(cache.ContainsKey("a"));
    }
}
