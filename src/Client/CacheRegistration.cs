using McCache.Core;
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
        var local = new LocalCache<TKey, TValue>(Name, options, member.Time, sizeOf, logger);
        return options.Coherence == Coherence.Replicate
            ? new ReplicatedCache<TKey, TValue>(local, member, options.StaleReads)
            : new InvalidatingCache<TKey, TValue>(local, member, options.StaleReads);
    }

    public override string ToString() => $"{typeof(TKey)} → {typeof(TValue)}";
}
