namespace McCache.Core;

/// <summary>A change by a verb of this member. Made before the lock, so that what a serializer refuses changes nothing; told under it, so that all see one order.</summary>
internal abstract class Change
{
    /// <summary>A hash of the key that is the same on every member; 0 for a clear and a tag.</summary>
    internal abstract ulong KeyHash { get; }

    /// <summary>Tells the other members.</summary>
    /// <param name="place">The place that the key keeps; default when the version itself is the place (an insertion).</param>
    /// <returns>The version that the change got; default when nothing shall be stored (the member has not started, or has stopped), and in an invalidating cache.</returns>
    internal abstract CacheVersion Send(Place place);
}
