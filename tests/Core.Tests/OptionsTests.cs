using Microsoft.Extensions.Options;

namespace McCache.Core.Tests;

public class OptionsTests
{
    public static TheoryData<string, string, string> Illegal => new()
    {
        { "MaxEntries", "0", "from 1 to 100,000,000" },
        { "MaxEntries", "-1", "from 1 to 100,000,000" },
        { "MaxEntries", "100000001", "from 1 to 100,000,000" },
        { "MaxBytes", "0", "1 or more, or null for no limit" },
        { "TimeToLive", "00:00:00", "positive and at most 3650 days, or null for no limit" },
        { "TimeToLive", "-00:00:01", "positive and at most 3650 days, or null for no limit" },
        { "TimeToLive", "3651.00:00:00", "positive and at most 3650 days, or null for no limit" },
        { "ChangeWindow", "-00:00:01", "from zero to one day" },
        { "ChangeWindow", "1.00:00:01", "from zero to one day" },
        { "TopKeys", "-1", "from 0 to 1,000" },
        { "TopKeys", "1001", "from 0 to 1,000" },
    };

    public static TheoryData<string, string> Legal => new()
    {
        { "MaxEntries", "1" }, { "MaxEntries", "100000000" }, { "MaxBytes", "1" }, { "MaxBytes", "" }, { "TimeToLive", "00:00:00.0000001" }, { "TimeToLive", "3650.00:00:00" },
        { "TimeToLive", "" }, { "ChangeWindow", "00:00:00" }, { "ChangeWindow", "1.00:00:00" }, { "TopKeys", "0" }, { "TopKeys", "1000" },
    };

    [Theory]
    [MemberData(nameof(Illegal))]
    public void An_illegal_option_is_named_with_its_value_and_range(string option, string value, string range)
    {
        var result = new OptionsValidation().Validate("products", With(option, value));
        Assert.Equal([$"McCache:Caches:products:{option} is {value}; it must be {range}."], result.Failures);
        Assert.Throws<OptionsValidationException>(() => new LocalCache<string, int>("products", With(option, value)));
    }

    [Theory]
    [MemberData(nameof(Legal))]
    public void The_ends_of_each_range_are_legal(string option, string value)
        => Assert.True(new OptionsValidation().Validate("products", With(option, value)).Succeeded);

    [Fact]
    public void All_that_is_illegal_is_told_at_once()
        => Assert.Equal(2, new OptionsValidation().Validate("products", new CacheOptions { MaxEntries = 0, MaxBytes = 0 }).Failures!.Count());

    [Fact]
    public void Defaults_have_not_changed()
    {
        var cache = new CacheOptions();
        Assert.Equal((100_000, null, null, false, TimeSpan.Zero), (cache.MaxEntries, cache.MaxBytes, cache.TimeToLive, cache.UpdateMovesToLast, cache.ChangeWindow));
        Assert.Equal(StaleReads.Miss, cache.StaleReads);
        var member = new McCacheOptions();
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), false), (member.MaxClockSkew, member.LeaseDuration, member.LeaseRenewal, member.SingleSilo));
        Assert.Equal((Coherence.Invalidate, 64 * 1024, 512L * 1024 * 1024), (cache.Coherence, member.MaxInlineValueBytes, member.MaxLargeValueBytes));
        Assert.Equal(0, cache.TopKeys);
        Assert.Equal(8, typeof(CacheOptions).GetProperties().Length);
        Assert.False(member.RequireTls);
        Assert.Empty(member.EncryptionKeys);
        Assert.Equal(8, typeof(McCacheOptions).GetProperties().Length);
    }

    [Fact]
    public void Options_are_copied()
    {
        var options = new CacheOptions { MaxEntries = 2 };
        var cache = new LocalCache<int, int>("copy", options);
        cache.Serve(long.MaxValue);
        options.MaxEntries = 1;
        cache.Set(1, 1);
        cache.Set(2, 2);
        Assert.Equal(2, cache.Count);
    }

    public static TheoryData<string, string> IllegalEntries => new()
    {
        { "zero life", "CacheEntryOptions.TimeToLive is 00:00:00; it must be positive and at most 3650 days." },
        { "long life", "CacheEntryOptions.TimeToLive is 3651.00:00:00; it must be positive and at most 3650 days." },
        { "no size", "CacheEntryOptions.Size is 0; it must be 1 or more." },
        { "65 tags", "CacheEntryOptions.Tags has 65 tags; an entry has at most 64." },
        { "null tag", "CacheEntryOptions.Tags[1] is null; a tag is a string." },
    };

    [Theory]
    [MemberData(nameof(IllegalEntries))]
    public void Illegal_entry_options_are_refused_by_writes_and_fills_and_nothing_changes(string what, string message)
    {
        var options = what switch
        {
            "zero life" => new CacheEntryOptions { TimeToLive = TimeSpan.Zero },
            "long life" => new() { TimeToLive = TimeSpan.FromDays(3651) },
            "no size" => new() { Size = 0 },
            "65 tags" => new() { Tags = [.. Enumerable.Repeat("t", 65)] },
            _ => new() { Tags = ["a", null!] },
        };
        var cache = Caches.Numbers("a");
        Action[] verbs =
        [
            () => cache.Set("a", 2, options), () => cache.TryAdd("b", 2, options), () => cache.TryUpdate("a", 2, 1, options), () => cache.AddOrUpdate("a", 2, (_, _) => 2, options),
            () => cache.GetOrAdd("b", _ => 2, options), () => _ = cache.GetOrAddAsync("b", 2, (_, state, _) => new(state), options),
        ];
        Assert.All(verbs, verb => Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(verb).Message, StringComparison.Ordinal));
        Assert.Equal("a", cache.Order());
        Assert.True(cache.TryGet("a", out int value));
        Assert.Equal(1, value);
    }

    [Fact]
    public void Tags_are_copied()
    {
        var cache = Caches.Numbers();
        List<string> tags = ["red"];
        cache.Set("a", 1, new() { Tags = tags });
        tags[0] = "blue";
        Assert.Equal(1, cache.RemoveByTag("red", CacheChangeKind.Removed));
        cache.Set("b", 1, new() { Tags = [.. Enumerable.Range(0, 64).Select(i => $"{i}")] });
    }

    private static CacheOptions With(string option, string value)
    {
        var options = new CacheOptions();
        switch (option)
        {
            case "MaxEntries": options.MaxEntries = int.Parse(value); break;
            case "MaxBytes": options.MaxBytes = value == "" ? null : long.Parse(value); break;
            case "TimeToLive": options.TimeToLive = value == "" ? null : TimeSpan.Parse(value); break;
            case "ChangeWindow": options.ChangeWindow = TimeSpan.Parse(value); break;
            case "TopKeys": options.TopKeys = int.Parse(value); break;
        }

        return options;
    }
}
