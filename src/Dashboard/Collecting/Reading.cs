namespace McCache.Dashboard;

/// <summary>What all silos have answered at one moment.</summary>
/// <param name="Time">When, by this host's wall clock.</param>
/// <param name="Silos">The silos that have answered.</param>
/// <param name="Errors">Why others have not.</param>
internal sealed record Reading(DateTimeOffset Time, IReadOnlyDictionary<SiloAddress, SiloSnapshot> Silos, IReadOnlyDictionary<SiloAddress, string> Errors)
{
    private const int MaxErrorLength = 200;

    internal static Reading None { get; } = new(default, new Dictionary<SiloAddress, SiloSnapshot>(), new Dictionary<SiloAddress, string>());

    internal static Reading Of(DateTimeOffset time, IReadOnlyList<SiloResult<SiloSnapshot>> results) => new(
        time,
        results.Where(result => result.IsSuccess && result.Value is not null).ToDictionary(result => result.Silo, result => result.Value!),
        results.Where(result => !result.IsSuccess || result.Value is null).ToDictionary(result => result.Silo, result => Describe(result.Error)));

    internal static string Describe(Exception? error) => error switch
    {
        null => "It has sent nothing.",
        TimeoutException => "It has not answered in time.",
        _ => Shorten($"{error.GetType().Name}: {error.Message}"),
    };

    private static string Shorten(string text) => text.Length <= MaxErrorLength ? text : text[..MaxErrorLength] + "…";
}

/// <summary>One cache of one silo, now and at the reading before.</summary>
/// <param name="Now">Now.</param>
/// <param name="Before">Then; null when there is none, or the silo has begun anew.</param>
/// <param name="Seconds">What lies between, by the silo's own clock.</param>
internal readonly record struct CacheChangeover(CacheSnapshot Now, CacheSnapshot? Before, double Seconds)
{
    internal static CacheChangeover Of(CacheSnapshot now, SiloSnapshot silo, SiloSnapshot? before)
    {
        var then = before?.Caches.FirstOrDefault(cache => cache.Statistics.Name == now.Statistics.Name);
        var seconds = before is null ? 0 : (silo.Time - before.Time).TotalSeconds;
        return seconds > 0 ? new(now, then, seconds) : new(now, null, 0);
    }

    /// <summary>By how much something has grown each second; null when that is not known.</summary>
    internal double? Rate(Func<CacheSnapshot, long> count) => Before is null ? null : Math.Max(0, count(Now) - count(Before)) / Seconds;
}
