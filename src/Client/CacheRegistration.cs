using McCache.Core;
using McCache.Streaming;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McCache.Client;

/// <summary>A cache that was added by name, before the container exists.</summary>
internal abstract class CacheRegistration(string name)
{
    internal string Name { get; } = name;

    internal abstract ICacheAdministration Create(CacheMember member);
}

/// <summary>The same with its types, which only the adding code knows.</summary>
internal sealed class CacheRegistration<TKey, TValue>(string name, Func<TKey, TValue, long>? sizeOf) : CacheRegistration(name)
    where TKey : notnull
{
    internal override ICacheAdministration Create(CacheMember member)
    {
        var options = member.Services.GetRequiredService<IOptionsMonitor<CacheOptions>>().Get(Name);
        var logger = member.Services.GetRequiredService<ILoggerFactory>().CreateLogger<LocalCache<TKey, TValue>>();
        if (member.Channel is IClientChannel)
            return new NearCache<TKey, TValue>(new(Name, NearOptions(options), member.Time, sizeOf, logger) { FillsLearnTags = options.Coherence == Coherence.Replicate }, member, options);
        var local = new LocalCache<TKey, TValue>(Name, options, member.Time, sizeOf, logger);
        return options.Coherence == Coherence.Replicate
            ? new ReplicatedCache<TKey, TValue>(local, member, options)
            : new InvalidatingCache<TKey, TValue>(local, member, options);
    }

    /// <summary>A client's memory keeps no versions.</summary>
    private static CacheOptions NearOptions(CacheOptions options) => new()
    {
        MaxEntries = options.MaxEntries,
        MaxBytes = options.MaxBytes,
        TimeToLive = options.TimeToLive,
        StaleReads = options.StaleReads,
        UpdateMovesToLast = options.UpdateMovesToLast,
        ChangeWindow = options.ChangeWindow,
    };
}
