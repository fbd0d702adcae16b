namespace McCache.Dashboard;

/// <summary>Where the cluster is asked.</summary>
internal interface IAdministrationSource
{
    /// <summary>A reference that has not been used yet: another silo may answer it than answered the last.</summary>
    IMcCacheAdministration Get();
}

/// <inheritdoc cref="IAdministrationSource"/>
internal sealed class AdministrationSource(IClusterClient client) : IAdministrationSource
{
    public IMcCacheAdministration Get() => client.GetMcCacheAdministration();
}
