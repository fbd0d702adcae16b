using Microsoft.Extensions.Logging;

namespace McCache.Grains;

/// <summary>What is logged: the audit. Event ids 4000 to 4999 belong to this project and never change their meaning. No message has a key or a value in it, nor a name that a caller has made up.</summary>
internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Information, "Audit: {Operation} of cache '{Cache}' by {Kind} {Caller}, allowed.")]
    internal static partial void Changed(this ILogger log, McCacheOperation operation, string cache, McCacheCallerKind kind, string caller);

    [LoggerMessage(4002, LogLevel.Warning, "Audit: {Operation} of cache '{Cache}' by {Kind} {Caller}, refused.")]
    internal static partial void Refused(this ILogger log, McCacheOperation operation, string cache, McCacheCallerKind kind, string caller);

    [LoggerMessage(4003, LogLevel.Debug, "Audit: {Operation} of cache '{Cache}' by {Kind} {Caller}, allowed.")]
    internal static partial void Used(this ILogger log, McCacheOperation operation, string cache, McCacheCallerKind kind, string caller);

    [LoggerMessage(4004, LogLevel.Error, "The authorizer has thrown, which refuses what it was asked for.")]
    internal static partial void AuthorizerFailed(this ILogger log, Exception exception);
}
