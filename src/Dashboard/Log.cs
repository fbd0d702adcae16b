using Microsoft.Extensions.Logging;

namespace McCache.Dashboard;

/// <summary>What is logged. Event ids 3000 to 3999 belong to this project and never change their meaning. No message has a key, a tag or a value in it.</summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Debug, "The cluster could not be asked; it is asked again.")]
    internal static partial void ClusterUnreachable(this ILogger log, Exception exception);

    [LoggerMessage(3002, LogLevel.Warning, "Audit: {User} has made '{Act}' on cache '{Cache}', {Scope}: {Outcome}.")]
    internal static partial void Acted(this ILogger log, string user, string act, string cache, string scope, string outcome);

    [LoggerMessage(3003, LogLevel.Warning, "Audit: {User} was refused '{Act}': {Reason}.")]
    internal static partial void ActRefused(this ILogger log, string user, string act, string reason);
}
