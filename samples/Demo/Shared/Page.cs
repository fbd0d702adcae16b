namespace McCache.Demo.Shared;

/// <summary>A page as it stands in the database, and as the caches hold it. No silo ever sends one to another, so it needs no serializer.</summary>
/// <param name="Version">Goes up by one with each update of the page.</param>
/// <param name="Body">The page itself.</param>
internal sealed record Page(long Version, byte[] Body);
