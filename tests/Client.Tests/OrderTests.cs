namespace McCache.Client.Tests;

/// <summary>Each rule of order, as Python's <c>OrderedDict</c> and .NET's <c>OrderedDictionary</c> have it.</summary>
public sealed class OrderTests
{
    private readonly IMcCache<string, int> _cache = new Network().JoinOne();

    public OrderTests() => _cache.SetRange([new("a", 1), new("b", 2), new("c", 3)]);

    private string Order => string.Concat(_cache.Keys);

    [Fact]
    public void Insertion_goes_to_the_end()
    {
        _cache.Add("d", 4);
        Assert.Equal("abcd", Order);
    }

    [Fact]
    public void Update_keeps_the_place()
    {
        _cache["a"] = 9;
        Assert.Equal("abc", Order);
    }

    [Fact]
    public void Update_moves_to_last_when_asked_for()
    {
        var cache = new Network().JoinOne(options => options.UpdateMovesToLast = true);
        cache.SetRange([new("a", 1), new("b", 2), new("a", 3)]);
        Assert.Equal(["b", "a"], cache.Keys);
    }

    [Fact]
    public void Remove_then_add_goes_to_the_end()
    {
        _cache.Remove("a");
        _cache["a"] = 1;
        Assert.Equal("bca", Order);
    }

    [Fact]
    public void MoveToLast_is_move_to_end()
    {
        Assert.True(_cache.MoveToLast("a"));
        Assert.Equal("bca", Order);
        Assert.True(_cache.MoveToLast("a"));
        Assert.Equal("bca", Order);
        Assert.False(_cache.MoveToLast("x"));
    }

    [Fact]
    public void MoveToFirst_is_move_to_end_with_last_false()
    {
        Assert.True(_cache.MoveToFirst("c"));
        Assert.Equal("cab", Order);
        Assert.False(_cache.MoveToFirst("x"));
    }

    [Fact]
    public void Moves_keep_the_value()
    {
        _cache.MoveToFirst("c");
        Assert.Equal(3, _cache["c"]);
    }

    [Fact]
    public void TryPopLast_is_popitem()
    {
        Assert.True(_cache.TryPopLast(out var item));
        Assert.Equal(new("c", 3), item);
        Assert.Equal("ab", Order);
    }

    [Fact]
    public void TryPopFirst_is_popitem_with_last_false()
    {
        Assert.True(_cache.TryPopFirst(out var item));
        Assert.Equal(new("a", 1), item);
        Assert.Equal("bc", Order);
    }

    [Fact]
    public void Popping_an_empty_cache_fails_softly_and_looking_fails_hard()
    {
        _cache.Clear();
        Assert.False(_cache.TryPopFirst(out _));
        Assert.False(_cache.TryPopLast(out _));
        Assert.Throws<InvalidOperationException>(() => _cache.First);
        Assert.Throws<InvalidOperationException>(() => _cache.Last);
    }

    [Fact]
    public void First_and_last_are_the_ends()
    {
        Assert.Equal(new("a", 1), _cache.First);
        Assert.Equal(new("c", 3), _cache.Last);
    }

    [Fact]
    public void Reverse_is_reversed()
    {
        Assert.Equal(["c", "b", "a"], _cache.Reverse().Select(pair => pair.Key));
    }

    [Fact]
    public void Positions_are_those_of_the_order()
    {
        Assert.Equal(new("b", 2), _cache.GetAt(1));
        Assert.Equal(2, _cache.IndexOf("c"));
        Assert.Equal(-1, _cache.IndexOf("x"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _cache.GetAt(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => _cache.GetAt(-1));
    }

    [Fact]
    public void RemoveAt_removes_the_entry_at_a_position()
    {
        _cache.RemoveAt(1);
        Assert.Equal("ac", Order);
        Assert.Throws<ArgumentOutOfRangeException>(() => _cache.RemoveAt(2));
        Assert.Equal("ac", Order);
    }

    [Fact]
    public void Equality_of_content_does_not_move_anything()
    {
        Assert.True(_cache.TryGetValue("a", out _));
        Assert.Equal(1, _cache.GetOrAdd("a", _ => 0));
        Assert.False(_cache.TryAdd("a", 0));
        Assert.Equal("abc", Order);
    }

    [Fact]
    public void Enumerating_while_writing_never_throws()
    {
        var seen = new List<string>();
        foreach (var (key, _) in _cache)
        {
            seen.Add(key);
            _cache.Remove(key);
            _cache["d"] = 4;
        }

        Assert.Equal(["a", "b", "c"], seen); // what came in meanwhile is not followed, so it ends
        Assert.Equal("d", Order);
    }

    [Fact]
    public void Clear_empties()
    {
        _cache.Clear();
        Assert.Empty(_cache);
        _cache["z"] = 1;
        Assert.Equal("z", Order);
    }
}
