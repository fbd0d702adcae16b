using Microsoft.Extensions.Logging;

namespace McCache.Streaming;

/// <summary>
/// What is logged. Event ids 2000 to 2999 belong to this project and never change their meaning. No message has a payload, an item or a stream's key in it.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Debug, "Multicast provider '{Provider}': a batch to {Silo} was not answered; it is sent again until the silo answers or is declared dead.")]
    internal static partial void BatchFailed(this ILogger log, Exception exception, string provider, SiloAddress silo);

    [LoggerMessage(2002, LogLevel.Warning, "Multicast provider '{Provider}': the lane to {Member} was full and has been dropped; the member will be told of the gap.")]
    internal static partial void LaneFull(this ILogger log, string provider, string member);

    [LoggerMessage(2015, LogLevel.Debug, "Multicast provider '{Provider}': a client has not answered; it is asked again until it does or its lease runs out.")]
    internal static partial void ClientUnanswered(this ILogger log, Exception exception, string provider);

    [LoggerMessage(2016, LogLevel.Debug, "Multicast provider '{Provider}': the gateway has not answered; it is asked again, or another is looked for when the lease has run out.")]
    internal static partial void GatewayUnanswered(this ILogger log, Exception exception, string provider);

    [LoggerMessage(2017, LogLevel.Information, "Multicast provider '{Provider}': this client is attached to gateway {Silo}.")]
    internal static partial void GatewayFound(this ILogger log, string provider, SiloAddress silo);

    [LoggerMessage(2018, LogLevel.Warning, "Multicast provider '{Provider}': gateway {Silo} is lost. This client serves no copies until it has found another.")]
    internal static partial void GatewayLost(this ILogger log, string provider, SiloAddress silo);

    [LoggerMessage(2003, LogLevel.Warning, "Multicast provider '{Provider}': frames for this silo were lost ({Reason}).")]
    internal static partial void GapNoted(this ILogger log, string provider, GapReason reason);

    [LoggerMessage(2004, LogLevel.Warning, "Multicast provider '{Provider}': a batch from {Silo} is not what its header says; what could not be read counts as lost.")]
    internal static partial void BatchRefused(this ILogger log, string provider, SiloAddress silo);

    [LoggerMessage(2005, LogLevel.Warning, "Multicast provider '{Provider}': a frame made no sense to its handler; it counts as lost.")]
    internal static partial void FrameRefused(this ILogger log, string provider);

    [LoggerMessage(2006, LogLevel.Error, "Multicast provider '{Provider}': an observer failed; the item counts as handled.")]
    internal static partial void ObserverFailed(this ILogger log, Exception exception, string provider);

    [LoggerMessage(2007, LogLevel.Warning, "Multicast provider '{Provider}': an item cannot be deserialized.")]
    internal static partial void ItemUnreadable(this ILogger log, Exception exception, string provider);

    [LoggerMessage(2008, LogLevel.Warning, "{Silo} publishes on multicast provider '{Provider}', which this silo does not have; its frames are dropped here.")]
    internal static partial void ProviderUnknown(this ILogger log, string provider, SiloAddress silo);

    [LoggerMessage(2009, LogLevel.Debug, "{Silo} has not answered the question for its promise; it is asked again until it does or is declared dead.")]
    internal static partial void AskFailed(this ILogger log, Exception exception, SiloAddress silo);

    [LoggerMessage(2010, LogLevel.Warning, "The membership table cannot be read; this silo serves only while it holds the promises of all others.")]
    internal static partial void TableUnreadable(this ILogger log, Exception exception);

    [LoggerMessage(2033, LogLevel.Warning, "The membership table shows a live silo at version {Version} that another look at the same version did not show. It is waited for from now on; but a store that lets two silos write the same version, or is read half-way through a write, is not fit for a cluster.")]
    internal static partial void TableContradicts(this ILogger log, MembershipVersion version);

    [LoggerMessage(2011, LogLevel.Debug, "The view of the cluster cannot be brought up to date.")]
    internal static partial void RefreshFailed(this ILogger log, Exception exception);

    [LoggerMessage(2012, LogLevel.Warning, "Wall and monotonic clock have parted: the machine was suspended, or its clock was set. All copies are dropped.")]
    internal static partial void ClocksParted(this ILogger log);

    [LoggerMessage(2013, LogLevel.Warning, "The wall clock of {Silo} is {Milliseconds} ms from this silo's, more than McCache:MaxClockSkew allows.")]
    internal static partial void ClockSkewed(this ILogger log, SiloAddress silo, long milliseconds);

    [LoggerMessage(2030, LogLevel.Error, "A message of another member was refused, or an answer. {Reason}")]
    internal static partial void MessageRefused(this ILogger log, string reason);

    [LoggerMessage(2031, LogLevel.Warning, "McCache:EncryptionKeys has changed from none to some or from some to none; that takes effect when the member starts again.")]
    internal static partial void SealingKept(this ILogger log);

    [LoggerMessage(2032, LogLevel.Error, "The changed configuration of McCache is refused; the secrets stay as they were.")]
    internal static partial void SecretsKept(this ILogger log, Exception exception);

    [LoggerMessage(2014, LogLevel.Warning, "{Count} grain types have implicit stream subscriptions; streams of multicast provider '{Provider}' are not delivered to them.")]
    internal static partial void ImplicitSubscriptionsIgnored(this ILogger log, string provider, int count);

    [LoggerMessage(2019, LogLevel.Warning, "Multicast provider '{Provider}': client {Client} publishes more than MaxClientFramesPerSecond or MaxClientBytesPerSecond allows, and has to wait. Said at most once in ten seconds; mccache.multicast.throttled counts.")]
    internal static partial void ClientThrottled(this ILogger log, string provider, string client);

    [LoggerMessage(2020, LogLevel.Warning, "Multicast provider '{Provider}': a client was refused, for this silo is the gateway of {Clients}. Said at most once in ten seconds; mccache.multicast.clients.refused counts.")]
    internal static partial void ClientRefused(this ILogger log, string provider, int clients);

    [LoggerMessage(2021, LogLevel.Warning, "Multicast provider '{Provider}': this client publishes more than its gateway {Silo} allows, and waits. Said at most once in ten seconds; mccache.multicast.throttled counts.")]
    internal static partial void Throttled(this ILogger log, string provider, SiloAddress silo);
}
