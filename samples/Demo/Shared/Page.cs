namespace McCache.Demo.Shared;

/// <summary>A page as it stands in the database, and as the caches hold it. With <c>--coherence replicate</c> silos send it to each other, so it has a serializer.</summary>
/// <param name="Version">Goes up by one with each update of the page.</param>
/// <param name="Body">The page itself.</param>
[GenerateSerializer, Immutable, Alias("McCache.Demo.Page")]
internal sealed record Page([property: Id(0)] long Version, [property: Id(1)] byte[] Body);
