namespace McCache.Client.Tests;

/// <summary>The view is a dictionary: what every .NET dictionary does, and how it fails.</summary>
public sealed class DictionaryTests
{
    private readonly IMcCache<string, int> _cache = new Network().JoinOne();

    [Fact]
    public void Indexer_reads_what_was_set()
    {
        _cache["a"] = 1;
        _cache["a"] = 2;
        Assert.Equal(2, _cache["a"]);
        Assert.Equal(1, _cache.Count);
    }

    [Fact]
    public void Indexer_of_a_missing_key_throws_without_naming_it()
    {
        var exception = Assert.Throws<KeyNotFoundException>(() => _cache["secret"]);
        Assert.DoesNotContain("secret", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'cache'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_of_a_present_key_throws_and_changes_nothing()
    {
        _cache.Add("a", 1);
        Assert.Throws<ArgumentException>("key", () => _cache.Add("a", 2));
        Assert.False(_cache.TryAdd("a", 3));
        Assert.Equal(1, _cache["a"]);
    }

    [Fact]
    public void TryUpdate_replaces_only_the_expected_value()
    {
        _cache["a"] = 1;
        Assert.False(_cache.TryUpdate("a", 3, 2));
        Assert.False(_cache.TryUpdate("b", 3, 0));
        Assert.True(_cache.TryUpdate("a", 3, 1));
        Assert.Equal(3, _cache["a"]);
    }

    [Fact]
    public void AddOrUpdate_adds_then_updates()
    {
        Assert.Equal(1, _cache.AddOrUpdate("a", 1, (_, old) => old + 10));
        Assert.Equal(11, _cache.AddOrUpdate("a", 1, (_, old) => old + 10));
        Assert.Equal(11, _cache["a"]);
    }

    [Fact]
    public void Remove_tells_what_was_there()
    {
        _cache["a"] = 1;
        Assert.True(_cache.Remove("a", out var value));
        Assert.Equal(1, value);
        Assert.False(_cache.Remove("a"));
        Assert.False(_cache.ContainsKey("a"));
    }

    [Fact]
    public void GetOrAdd_calls_the_factory_once()
    {
        var calls = 0;
        Assert.Equal(7, _cache.GetOrAdd("a", _ => { calls++; return 7; }));
        Assert.Equal(7, _cache.GetOrAdd("a", _ => { calls++; return 8; }));
        Assert.Equal(1, calls);
    }

    [Fact]
    public void SetRange_sets_in_the_order_given()
    {
        _cache.SetRange([new("b", 1), new("a", 2), new("b", 3)]);
        Assert.Equal([new("b", 3), new("a", 2)], _cache.ToArray());
    }

    [Fact]
    public void Pairs_are_compared_whole()
    {
        ICollection<KeyValuePair<string, int>> pairs = _cache;
        pairs.Add(new("a", 1));
        Assert.Contains(new("a", 1), pairs);
        Assert.DoesNotContain(new("a", 2), pairs);
        Assert.False(pairs.Remove(new("a", 2)));
        Assert.True(pairs.Remove(new("a", 1)));
        Assert.Empty(pairs);
        Assert.False(pairs.IsReadOnly);
    }

    [Fact]
    public void Keys_and_values_are_live_ordered_and_read_only()
    {
        var (keys, values) = (_cache.Keys, _cache.Values);
        _cache.SetRange([new("b", 1), new("a", 2)]);
        Assert.Equal(["b", "a"], keys);
        Assert.Equal([1, 2], values);
        Assert.Contains("a", keys);
        Assert.Contains(2, values);
        Assert.DoesNotContain(3, values);
        Assert.Equal(2, keys.Count);
        var copy = new string[3];
        keys.CopyTo(copy, 1);
        Assert.Equal(new[] { null, "b", "a" }, copy.AsEnumerable());
        Assert.Throws<NotSupportedException>(() => keys.Add("c"));
        Assert.Throws<NotSupportedException>(() => values.Clear());
        Assert.Throws<NotSupportedException>(() => keys.Remove("a"));
    }

    [Fact]
    public void CopyTo_checks_its_arguments()
    {
        _cache["a"] = 1;
        ICollection<KeyValuePair<string, int>> pairs = _cache;
        Assert.Throws<ArgumentNullException>(() => pairs.CopyTo(null!, 0));
        Assert.ThrowsAny<ArgumentException>(() => pairs.CopyTo(new KeyValuePair<string, int>[1], 1));
        Assert.ThrowsAny<ArgumentException>(() => pairs.CopyTo(new KeyValuePair<string, int>[1], -1));
    }

    [Fact]
    public void Null_values_are_cached()
    {
        var cache = new Network().Join(caches => caches.Add<string, string?>("nulls")).Get<string, string?>("nulls");
        cache["a"] = null;
        Assert.True(cache.TryGetValue("a", out var value));
        Assert.Null(value);
        Assert.Null(cache.GetOrAdd("a", _ => throw new InvalidOperationException("it is there")));
    }

    [Fact]
    public void Members_are_not_ambiguous_through_any_of_the_interfaces()
    {
        _cache["a"] = 1;
        IDictionary<string, int> dictionary = _cache;
        IReadOnlyDictionary<string, int> readOnly = _cache;
        Assert.Equal(1, dictionary["a"]);
        Assert.Equal(1, readOnly["a"]);
        Assert.Equal(_cache.Keys, readOnly.Keys);
        Assert.Equal(_cache.Values, dictionary.Values);
        Assert.Equal(_cache.Count, readOnly.Count);
        Assert.True(dictionary.ContainsKey("a") && readOnly.ContainsKey("a") && _cache.ContainsKey("a"));
        Assert.True(dictionary.TryGetValue("a", out _) && readOnly.TryGetValue("a", out _) && _cache.TryGetValue("a", out _));
    }

    [Fact]
    public async Task Loaders_of_every_shape_fit_GetOrAddAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Assert.Equal(1, await _cache.GetOrAddAsync("lambda", async (_, t) => { await Task.Yield(); t.ThrowIfCancellationRequested(); return 1; }, token));
        Assert.Equal(2, await _cache.GetOrAddAsync("value task", ValueTaskLoader, token));
        Assert.Equal(3, await _cache.GetOrAddAsync("task", TaskLoader, token));
        Assert.Equal(4, await _cache.GetOrAddAsync("state", 4, static (_, state, _) => new ValueTask<int>(state), cancellationToken: token));
        Assert.Equal(3, await _cache.GetOrAddAsync("options", TaskLoader, new CacheEntryOptions { Tags = ["t"] }, token));
        Assert.Equal(2, await _cache.GetOrAddAsync("options too", ValueTaskLoader, new CacheEntryOptions { Tags = ["t"] }, token));
        Assert.Equal(["t"], _cache.TryGetMetadata("options", out var metadata) ? metadata.Tags : []);

        static ValueTask<int> ValueTaskLoader(string key, CancellationToken token) => new(2);
        static Task<int> TaskLoader(string key, CancellationToken token) => Task.FromResult(3);
    }
}
