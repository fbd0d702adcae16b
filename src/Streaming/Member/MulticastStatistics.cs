namespace McCache.Streaming;

/// <summary>What one provider of one member has counted since it started.</summary>
/// <param name="Published">Frames published here, however many members they go to.</param>
/// <param name="Applied">Frames of other members accepted here.</param>
/// <param name="Batches">Batches sent, retries included.</param>
/// <param name="Retries">Batches sent again.</param>
/// <param name="Gaps">Losses noted here, for whatever reason.</param>
internal readonly record struct MulticastStatistics(long Published, long Applied, long Batches, long Retries, long Gaps);
