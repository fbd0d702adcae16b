namespace McCache;

/// <summary>What came of asking one silo, when all were asked.</summary>
/// <typeparam name="T">The type of the answer.</typeparam>
/// <param name="Silo">The silo.</param>
/// <param name="Value">Its answer; the default of its type when there is an <paramref name="Error"/>.</param>
/// <param name="Error">Why there is no answer; null when there is one. A <see cref="TimeoutException"/>: the silo did not answer in time, and may yet do what it was told.</param>
[GenerateSerializer, Immutable, Alias("McCache.SiloResult`1")]
public sealed record SiloResult<T>([property: Id(0)] SiloAddress Silo, [property: Id(1)] T? Value, [property: Id(2)] Exception? Error)
{
    /// <summary>Whether the silo answered.</summary>
    public bool IsSuccess => Error is null;
}

/// <summary>Looks at the results of all silos at once.</summary>
public static class SiloResultExtensions
{
    /// <summary>Whether every silo answered, and all with the same digest, so that their copies hold the same. False when there is no silo.</summary>
    /// <param name="digests">What <see cref="IMcCacheAdministration.GetDigestsAsync"/> returned.</param>
    public static bool Agree(this IReadOnlyCollection<SiloResult<ulong>> digests)
    {
        ArgumentNullException.ThrowIfNull(digests);
        return digests.All(digest => digest.IsSuccess) && digests.DistinctBy(digest => digest.Value).Count() == 1;
    }
}
