namespace McCache.Core.Tests;

/// <summary>The rules of order, each as Python's OrderedDict and .NET's OrderedDictionary have it.</summary>
public class OrderTests
{
    [Fact]
    public void New_keys_go_to_the_end() => Assert.Equal("a b c", Caches.Numbers("a", "b", "c").Order());

    [Fact]
    public void An_update_keeps_its_place()
    {
        var cache = Caches.Numbers("a", "b", "c");
        cache.Set("a", 9);
        cache.AddOrUpdate("b", 0, (_, _) => 9);
        cache.TryUpdate("c", 9, 3);
        Assert.Equal("a b c", cache.Order());
    }

    [Fact]
    public void An_update_moves_to_the_end_if_the_cache_says_so()
    {
        var cache = Caches.Make<string, int>(options => options.UpdateMovesToLast = true);
        cache.Set("a", 1);
        cache.Set("b", 1);
        cache.Set("a", 2);
        Assert.Equal("b a", cache.Order());
    }

    [Fact]
    public void Removed_and_added_again_goes_to_the_end()
    {
        var cache = Caches.Numbers("a", "b", "c");
        cache.Remove("a", out _);
        cache.Set("a", 1);
        Assert.Equal("b c a", cache.Order());
    }

    [Fact]
    public void TryAdd_of_a_present_key_changes_no_order()
    {
        var cache = Caches.Numbers("a", "b");
        cache.TryAdd("a", 5);
        Assert.Equal("a b", cache.Order());
    }

    [Fact]
    public void A_read_changes_no_order()
    {
        var cache = Caches.Numbers("a", "b");
        cache.TryGet("a", out _);
        Assert.Equal("a b", cache.Order());
    }

    [Theory]
    [InlineData("b", false, "b a c")]
    [InlineData("b", true, "a c b")]
    [InlineData("a", false, "a b c")]
    [InlineData("a", true, "b c a")]
    [InlineData("c", false, "c a b")]
    [InlineData("c", true, "a b c")]
    public void MoveTo_moves_to_either_end(string key, bool last, string order)
    {
        var cache = Caches.Numbers("a", "b", "c");
        Assert.True(cache.MoveTo(key, last));
        Assert.Equal(order, cache.Order());
    }

    [Fact]
    public void MoveTo_of_an_absent_key_says_so()
    {
        var cache = Caches.Numbers("a");
        Assert.False(cache.MoveTo("b", last: true));
        Assert.Equal("a", cache.Order());
    }

    [Fact]
    public void Pop_takes_from_either_end_until_empty()
    {
        var cache = Caches.Numbers("a", "b", "c");
        Assert.Equal(("a", "c", "b", null), (Pop(false), Pop(true), Pop(true), Pop(false)));
        Assert.Equal("", cache.Order());

        string? Pop(bool last) => cache.Peek(last) is { } entry && cache.TryPop(entry, last) ? entry.Key : null;
    }

    [Fact]
    public void TryRemove_removes_nothing_that_has_been_removed_since_the_peek()
    {
        var cache = Caches.Numbers("a", "b");
        var peeked = cache.PeekAt(0)!;
        cache.Remove("a", out _);
        cache.Set("a", 9);
        Assert.False(cache.TryRemove(peeked));
        Assert.Equal("b a", cache.Order());
    }

    [Fact]
    public void TryRemove_removes_what_has_only_moved()
    {
        var cache = Caches.Numbers("a", "b");
        var peeked = cache.PeekAt(0)!;
        cache.MoveTo("a", last: true);
        Assert.True(cache.TryRemove(peeked));
        Assert.Equal("b", cache.Order());
    }

    [Fact]
    public void TryPop_removes_nothing_that_is_not_at_its_end_any_more()
    {
        var cache = Caches.Numbers("a", "b");
        var (first, last) = (cache.Peek(last: false)!, cache.Peek(last: true)!);
        cache.Set("c", 3);
        Assert.False(cache.TryPop(last, last: true));
        cache.MoveTo("a", last: true);
        Assert.False(cache.TryPop(first, last: false));
        Assert.True(cache.TryPop(first, last: true));
        Assert.False(cache.TryPop(first, last: true));
        Assert.Equal("b c", cache.Order());
    }

    [Fact]
    public void Every_rule_together_agrees_with_OrderedDictionary()
    {
        var random = new Random(17);
        var cache = Caches.Numbers();
        var oracle = new OrderedDictionary<string, int>();
        for (int step = 0; step < 3_000; step++)
        {
            string key = $"k{random.Next(12)}";
            switch (random.Next(5))
            {
                case 0 or 1:
                    cache.Set(key, step);
                    oracle[key] = step;
                    break;
                case 2:
                    Assert.Equal(oracle.Remove(key), cache.Remove(key, out _));
                    break;
                case 3:
                    bool last = random.Next(2) == 0;
                    Assert.Equal(oracle.ContainsKey(key), cache.MoveTo(key, last));
                    if (oracle.Remove(key, out int value))
                    {
                        oracle.Insert(last ? oracle.Count : 0, key, value);
                    }

                    break;
                case 4:
                    Assert.Equal(oracle.TryAdd(key, step), cache.TryAdd(key, step));
                    break;
            }

            Assert.Equal(oracle.AsEnumerable(), cache.ToArray());
            Assert.Equal(oracle.IndexOf(key), cache.IndexOf(key));
        }

        cache.Order();
    }
}
