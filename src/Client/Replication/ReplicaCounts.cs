namespace McCache.Client;

/// <summary>What a replicated cache has counted since it was made.</summary>
/// <param name="Repeats">Coherent verbs that were made again.</param>
/// <param name="Holes">Losses that hid the cache.</param>
/// <param name="LostHoles">Holes of members that have gone, which nobody could fill: what may have been changed was dropped everywhere.</param>
/// <param name="Reconciliations">States of other members that were merged.</param>
/// <param name="Pulled">Large values pulled.</param>
/// <param name="Refused">Large values that were not what their descriptor said.</param>
/// <param name="LargeBytes">Bytes of large values that are kept for others, or being pulled, now.</param>
internal sealed record ReplicaCounts(long Repeats, long Holes, long LostHoles, long Reconciliations, long Pulled, long Refused, long LargeBytes);
