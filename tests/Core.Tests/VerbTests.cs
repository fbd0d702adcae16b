namespace McCache.Core.Tests;

public class VerbTests
{
    private const int One = 1, Two = 2, Other = 9;

    [Fact]
    public void TryGet_absent_and_present()
    {
        var cache = Caches.Numbers("a");
        Assert.True(cache.TryGet("a", out int value));
        Assert.Equal(One, value);
        Assert.False(cache.TryGet("b", out value));
        Assert.Equal(0, value);
    }

    [Fact]
    public void Set_inserts_then_updates()
    {
        var cache = Caches.Numbers();
        cache.Set("a", One);
        cache.Set("a", Two);
        Assert.Equal(Two, Get(cache, "a"));
        Assert.Equal(1, cache.Count);
        cache.Check();
    }

    [Fact]
    public void TryAdd_adds_only_what_is_absent()
    {
        var cache = Caches.Numbers("a");
        Assert.False(cache.TryAdd("a", Other));
        Assert.True(cache.TryAdd("b", Two));
        Assert.Equal(One, Get(cache, "a"));
        Assert.Equal("a b", cache.Order());
    }

    [Theory]
    [InlineData("a", One, true, Other)]
    [InlineData("a", Two, false, One)]
    [InlineData("b", Two, false, null)]
    public void TryUpdate_compares_first(string key, int comparison, bool updated, int? after)
    {
        var cache = Caches.Numbers("a");
        Assert.Equal(updated, cache.TryUpdate(key, Other, comparison));
        Assert.Equal(after, Get(cache, key));
    }

    [Fact]
    public void AddOrUpdate_adds_or_updates_and_returns_what_it_set()
    {
        var cache = Caches.Numbers("a");
        Assert.Equal(11, cache.AddOrUpdate("a", 5, (_, old) => old + 10));
        Assert.Equal(5, cache.AddOrUpdate("b", 5, (_, old) => old + 10));
        Assert.Equal((11, 5), (Get(cache, "a"), Get(cache, "b")));
    }

    [Fact]
    public void AddOrUpdate_overtaken_by_a_write_calls_its_factory_again_outside_the_lock()
    {
        var cache = Caches.Numbers("a");
        int calls = 0;
        int result = cache.AddOrUpdate("a", 0, (key, old) =>
        {
            if (calls++ == 0)
            {
                Task.Run(() => cache.Set(key, 100), TestContext.Current.CancellationToken).GetAwaiter().GetResult();
            }

            return old + 1;
        });
        Assert.Equal((101, 2, 101), (result, calls, Get(cache, "a")));
    }

    [Fact]
    public void Remove_returns_what_was_there()
    {
        var cache = Caches.Numbers("a");
        Assert.True(cache.Remove("a", out int value));
        Assert.Equal(One, value);
        Assert.False(cache.Remove("a", out value));
        Assert.Equal(0, value);
        Assert.Equal("", cache.Order());
    }

    [Fact]
    public void Invalidate_and_Evict_drop_one_key_each_with_its_own_kind()
    {
        var cache = Caches.Numbers("a", "b", "c");
        Assert.True(cache.Invalidate("a"));
        Assert.False(cache.Invalidate("a"));
        Assert.True(cache.Evict("b"));
        Assert.False(cache.Evict("b"));
        Assert.Equal("c", cache.Order());
        Assert.Equal((1, 1, 0), (cache.Statistics.Invalidations, cache.Statistics.Evictions, cache.Statistics.Removals));
    }

    [Fact]
    public void Clear_and_Drop_remove_everything()
    {
        var cache = Caches.Numbers("a", "b");
        cache.Clear(CacheChangeKind.Removed);
        Assert.Equal("", cache.Order());
        cache.Set("c", 1);
        cache.Drop();
        Assert.Equal("", cache.Order());
        Assert.Equal((2, 1, 0, 0L), (cache.Statistics.Removals, cache.Statistics.Invalidations, cache.Count, cache.Statistics.Bytes));
    }

    [Fact]
    public void RemoveByTag_removes_those_that_carry_it_now()
    {
        var cache = Caches.Numbers();
        cache.Set("a", 1, new() { Tags = ["red"] });
        cache.Set("b", 1, new() { Tags = ["blue", "red"] });
        cache.Set("c", 1, new() { Tags = ["blue"] });
        cache.Set("d", 1, new() { Tags = ["red"] });
        cache.Set("d", 1);
        Assert.Equal(2, cache.RemoveByTag("red", CacheChangeKind.Removed));
        Assert.Equal("c d", cache.Order());
        Assert.Equal(0, cache.RemoveByTag("Blue", CacheChangeKind.Removed));
    }

    [Fact]
    public void Null_values_are_kept()
    {
        var cache = Caches.Make<string, string?>();
        cache.Set("a", null);
        Assert.True(cache.TryGet("a", out string? value));
        Assert.Null(value);
        Assert.True(cache.TryUpdate("a", "x", null));
    }

    [Fact]
    public void Null_key_throws_everywhere()
    {
        var cache = Caches.Numbers();
        Action[] verbs =
        [
            () => cache.TryGet(null!, out _), () => cache.ContainsKey(null!), () => cache.Set(null!, 1), () => cache.TryAdd(null!, 1),
            () => cache.TryUpdate(null!, 1, 1), () => cache.AddOrUpdate(null!, 1, (_, _) => 1), () => cache.Remove(null!, out _), () => cache.MoveTo(null!, last: true),
            () => cache.IndexOf(null!), () => cache.GetOrAdd(null!, _ => 1), () => cache.Invalidate(null!), () => cache.TryGetMetadata(null!, out _),
        ];
        Assert.All(verbs, verb => Assert.Throws<ArgumentNullException>(verb));
        Assert.Equal("", cache.Order());
    }

    private static int? Get(LocalCache<string, int> cache, string key) => cache.TryGet(key, out int value) ? value : null;
}
