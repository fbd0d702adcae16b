using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace McCache.Client.Tests;

/// <summary>Bad input gets a documented exception and changes nothing.</summary>
public sealed class BadInputTests
{
    private readonly Network _network = new();

    public static TheoryData<string, Func<IMcCache<string, int>, object?>> NullKeys => new()
    {
        { "get", cache => cache[null!] },
        { "set", cache => cache[null!] = 1 },
        { "Set", cache => { cache.Set(null!, 1, new CacheEntryOptions()); return null; } },
        { "Add", cache => { cache.Add(null!, 1); return null; } },
        { "TryAdd", cache => cache.TryAdd(null!, 1) },
        { "TryUpdate", cache => cache.TryUpdate(null!, 1, 1) },
        { "TryGetValue", cache => cache.TryGetValue(null!, out _) },
        { "ContainsKey", cache => cache.ContainsKey(null!) },
        { "Remove", cache => cache.Remove(null!) },
        { "GetOrAdd", cache => cache.GetOrAdd(null!, _ => 1) },
        { "AddOrUpdate", cache => cache.AddOrUpdate(null!, 1, (_, _) => 1) },
        { "MoveToFirst", cache => cache.MoveToFirst(null!) },
        { "MoveToLast", cache => cache.MoveToLast(null!) },
        { "IndexOf", cache => cache.IndexOf(null!) },
        { "TryGetMetadata", cache => cache.TryGetMetadata(null!, out _) },
        { "SetRange", cache => { cache.SetRange([new(null!, 1)]); return null; } },
        { "SetAsync", cache => cache.SetAsync(null!, 1).IsCompleted },
        { "RemoveAsync", cache => cache.RemoveAsync(null!).IsCompleted },
        { "GetOrAddAsync", cache => cache.GetOrAddAsync(null!, (_, _) => new ValueTask<int>(1)).IsCompleted },
    };

    [Theory]
    [MemberData(nameof(NullKeys))]
    public void A_null_key_is_refused(string verb, Func<IMcCache<string, int>, object?> call)
    {
        Assert.NotEmpty(verb);
        var cache = _network.JoinOne();
        Assert.Throws<ArgumentNullException>(() => call(cache));
        Assert.Empty(cache);
        Assert.Empty(_network.Frames);
    }

    [Fact]
    public void Null_arguments_are_refused()
    {
        var cache = _network.JoinOne();
        Assert.Throws<ArgumentNullException>(() => cache.Set("a", 1, null!));
        Assert.Throws<ArgumentNullException>(() => cache.GetOrAdd("a", null!));
        Assert.Throws<ArgumentNullException>(() => cache.AddOrUpdate("a", 1, null!));
        Assert.Throws<ArgumentNullException>(() => cache.SetRange(null!));
        Assert.Throws<ArgumentNullException>(() => cache.OnChange(null!));
        Assert.Empty(cache);
    }

    [Fact]
    public void An_unknown_cache_is_named_together_with_the_known_ones()
    {
        var member = _network.Join(caches => caches.Add<string, int>("known"));
        var exception = Assert.Throws<InvalidOperationException>(() => member.Get<string, int>("unknown"));
        Assert.Contains("'unknown'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'known'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_types_for_a_cache_are_named()
    {
        var member = _network.Join(caches => caches.Add<string, int>("cache"));
        var exception = Assert.Throws<InvalidOperationException>(() => member.Get<string, long>("cache"));
        Assert.Contains("System.Int32", exception.Message, StringComparison.Ordinal);
        Assert.Contains("System.Int64", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_added_once_and_is_short()
    {
        Assert.Throws<ArgumentException>("name", () => _network.Join(caches => caches.Add<string, int>("a").Add<string, int>("a")));
        Assert.Throws<ArgumentException>("name", () => _network.Join(caches => caches.Add<string, int>(" ")));
        Assert.Throws<ArgumentException>("name", () => _network.Join(caches => caches.Add<string, int>(new string('x', 201))));
    }

    [Fact]
    public void A_key_that_the_serializer_refuses_fails_the_write_before_anything_changed()
    {
        var cache = _network.Join(caches => caches.Add<Unserializable, int>("cache")).Get<Unserializable, int>("cache");
        var key = new Unserializable(1);
        Assert.Equal(5, cache.GetOrAdd(key, _ => 5)); // a fill is never sent, so it needs no serializer
        foreach (var write in new Action[]
        {
            () => cache[key] = 1,
            () => cache.TryAdd(new Unserializable(2), 1),
            () => cache.Remove(key),
            () => cache.TryPopFirst(out _),
            () => cache.RemoveAt(0),
            () => cache.AddOrUpdate(key, 1, (_, _) => 2),
        })
        {
            var exception = Assert.Throws<NotSupportedException>(write);
            Assert.Contains(nameof(Unserializable), exception.Message, StringComparison.Ordinal);
            Assert.Contains("[GenerateSerializer]", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal([new(key, 5)], cache.ToArray());
        Assert.Empty(_network.Frames);
    }

    [Fact]
    public void A_key_or_tag_that_no_frame_can_carry_fails_before_anything_changed()
    {
        var cache = _network.JoinOne();
        var large = new string('x', 40_000);
        Assert.Equal(1, cache.GetOrAdd(large, _ => 1));
        Assert.Throws<ArgumentException>("key", () => cache[large] = 2);
        Assert.Throws<ArgumentException>("tag", () => { _ = cache.RemoveByTagAsync(large).AsTask(); });
        Assert.ThrowsAny<ArgumentException>(() => cache["\ud800"] = 2);
        Assert.ThrowsAny<ArgumentException>(() => { _ = cache.RemoveByTagAsync("\ud800").AsTask(); });
        Assert.Equal([new(large, 1)], cache.ToArray());
        Assert.Empty(_network.Frames);
    }

    [Fact]
    public void A_value_over_MaxBytes_is_refused_and_a_fill_of_it_is_not_kept()
    {
        var cache = _network.Join(caches => caches.Add<string, byte[]>("cache", options => options.MaxBytes = 1_000)).Get<string, byte[]>("cache");
        cache["a"] = new byte[10];
        var exception = Assert.Throws<ArgumentException>(() => cache["a"] = new byte[2_000]);
        Assert.Contains("MaxBytes", exception.Message, StringComparison.Ordinal);
        Assert.Contains("1,000", exception.Message.Replace("1000", "1,000", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(10, cache["a"].Length);
        Assert.Single(_network.Frames);
        Assert.Equal(2_000, cache.GetOrAdd("b", _ => new byte[2_000]).Length);
        Assert.False(cache.ContainsKey("b"));
        Assert.Equal(1, cache.Statistics.OversizedFills);
    }

    [Fact]
    public void Options_out_of_range_are_refused_with_their_names_when_the_member_is_made()
    {
        var exception = Assert.Throws<OptionsValidationException>(() => _network.JoinOne(options => options.MaxEntries = 0));
        Assert.Contains("McCache:Caches:cache:MaxEntries is 0; it must be from 1 to 100,000,000", exception.Message, StringComparison.Ordinal);
        exception = Assert.Throws<OptionsValidationException>(
            () => _network.Join(caches => caches.Configure(options => options.MaxClockSkew = TimeSpan.Zero)));
        Assert.Contains(nameof(McCacheOptions.MaxClockSkew), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_has_the_last_word()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["McCache:Caches:cache:MaxEntries"] = "2",
            ["McCache:Caches:cache:TimeToLive"] = "00:00:10",
            ["McCache:MaxClockSkew"] = "00:00:05",
        }).Build();
        var member = _network.Join(caches =>
        {
            caches.Services.AddSingleton<IConfiguration>(configuration);
            caches.Add<string, int>("cache", options => options.MaxEntries = 1_000);
        });
        var cache = member.Get<string, int>("cache");
        for (var i = 0; i < 10; i++)
            cache[$"{i}"] = i;
        Assert.Equal(2, cache.Count);
        _network.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(cache.ToArray());
        Assert.Equal(TimeSpan.FromSeconds(5), member.Services.GetRequiredService<IOptions<McCacheOptions>>().Value.MaxClockSkew);
    }

    private sealed record Unserializable(int Id);
}
