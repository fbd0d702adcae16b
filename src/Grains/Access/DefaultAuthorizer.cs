namespace McCache.Grains;

/// <summary>Silos do everything; clients read, write and attach, which is what they are for, and do not administer.</summary>
internal sealed class DefaultAuthorizer : IMcCacheAuthorizer
{
    public bool IsAllowed(McCacheAccess access) => access.Caller.Kind == McCacheCallerKind.Silo || access.Operation is not (McCacheOperation.Evict or McCacheOperation.Clear);
}
