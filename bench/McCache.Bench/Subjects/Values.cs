namespace McCache.Bench.Subjects;

/// <summary>What all caches hold, and for how long where they have expiry.</summary>
internal static class Values
{
    /// <summary>One value for every key, so that only the cost of the cache is seen.</summary>
    public const string Shared = "value";

    public static TimeSpan TimeToLive => TimeSpan.FromHours(1);
}
