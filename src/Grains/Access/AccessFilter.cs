using McCache.Streaming;

namespace McCache.Grains;

/// <summary>Stands before every call to the caches' grains and to the extension, and before what only silos call of each other.</summary>
/// <remarks>
/// A call says which grain or client it comes from, and Orleans' client says so truthfully. One's own implementation of Orleans' protocol may say something else, for the gateway does not compare; so what
/// keeps strangers out is TLS, and this keeps programs in their place.
/// </remarks>
internal sealed class AccessFilter(IServiceProvider services) : IIncomingGrainCallFilter
{
    private const string HostedPrefix = "hosted-";

    private AccessControl Control => field ??= services.GetRequiredService<AccessControl>(); // which needs what needs filters

    private IClusterMembershipService Membership => field ??= services.GetRequiredService<IClusterMembershipService>();

    public Task Invoke(IIncomingGrainCallContext context)
    {
        var type = context.Request.GetInterfaceType();
        if (type == typeof(IAdministrationEndpoint) || type == typeof(IMulticastEndpoint) || type == typeof(IPromiseEndpoint))
        {
            if (KindOf(context.SourceId) != McCacheCallerKind.Silo)
                throw new UnauthorizedAccessException("Only silos call this.");
        }
        else if (AccessTable.Find(context.Request, context.TargetId) is var (operation, cache))
        {
            var caller = new McCacheCaller(KindOf(context.SourceId), context.SourceId?.ToString() ?? "unknown");
            Control.Check(new(operation, caller, cache));
            foreach (var name in AccessTable.FindKeysOf(context.Request))
                Control.Check(new(McCacheOperation.ReadMetadata, caller, name));
        }

        return context.Invoke();
    }

    /// <summary>Code of a silo that is no grain calls as a client too, one that has the silo's address in its name.</summary>
    private McCacheCallerKind KindOf(GrainId? source)
    {
        if (source is not { } id)
            return McCacheCallerKind.Client;
        if (!id.IsClient())
            return McCacheCallerKind.Silo;
        var key = id.Key.ToString()!;
        if (!key.StartsWith(HostedPrefix, StringComparison.Ordinal))
            return McCacheCallerKind.Client;
        try
        {
            return Membership.CurrentSnapshot.GetSiloStatus(SiloAddress.FromParsableString(key[HostedPrefix.Length..].Split('+')[0])) is SiloStatus.None or SiloStatus.Dead
                ? McCacheCallerKind.Client
                : McCacheCallerKind.Silo;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            return McCacheCallerKind.Client;
        }
    }
}
