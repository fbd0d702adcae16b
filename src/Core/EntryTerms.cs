namespace McCache.Core;

/// <summary>The state of a factory that learns with the value on what terms it is kept.</summary>
internal interface IFillTerms
{
    /// <summary>The terms; null to go by the caller's.</summary>
    EntryTerms? Terms { get; }
}

/// <summary>The checked terms on which one entry is kept: <see cref="CacheEntryOptions"/> with the cache's default time to live filled in.</summary>
/// <param name="TimeToLive">Milliseconds; <see cref="long.MaxValue"/> for ever.</param>
/// <param name="Tags">A copy, so that no code of the caller's runs, and nothing changes, under the writer lock.</param>
/// <param name="Size">The size that the caller declares; null to measure.</param>
internal readonly record struct EntryTerms(long TimeToLive, string[] Tags, long? Size)
{
    internal const int MaxTags = 64;
    internal const long MaxTimeToLive = 3650L * 24 * 60 * 60 * 1000;

    /// <summary>Checks the options of an entry.</summary>
    /// <exception cref="ArgumentException">An option is out of its legal range; nothing has been changed.</exception>
    internal static EntryTerms Of(CacheEntryOptions? options, long defaultTimeToLive)
    {
        if (options is null)
        {
            return new(defaultTimeToLive, [], null);
        }

        if (options.TimeToLive is { } timeToLive && !OptionsValidation.IsTimeToLive(timeToLive))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), timeToLive, $"CacheEntryOptions.TimeToLive is {timeToLive}; it must be {OptionsValidation.TimeToLiveRange}.");
        }

        if (options.Size is { } size and < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), size, $"CacheEntryOptions.Size is {size}; it must be 1 or more.");
        }

        string[] tags = options.Tags is null ? [] : [.. options.Tags];
        if (tags.Length > MaxTags)
        {
            throw new ArgumentException($"CacheEntryOptions.Tags has {tags.Length} tags; an entry has at most {MaxTags}.", nameof(options));
        }

        if (Array.IndexOf(tags, null) is >= 0 and var index)
        {
            throw new ArgumentException($"CacheEntryOptions.Tags[{index}] is null; a tag is a string.", nameof(options));
        }

        return new(ToMilliseconds(options.TimeToLive) ?? defaultTimeToLive, tags, options.Size);
    }

    internal CacheEntryOptions ToOptions()
        => new() { TimeToLive = TimeToLive == long.MaxValue ? null : TimeSpan.FromMilliseconds(TimeToLive), Tags = Tags, Size = Size };

    /// <summary>Whole milliseconds, rounded up so that what is positive stays so.</summary>
    internal static long? ToMilliseconds(TimeSpan? time)
        => (time?.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
}
