using Microsoft.Extensions.Logging;

namespace McCache.Client;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Cache '{Cache}' could not be compared with another member's; it will be tried again.")]
    internal static partial void RepairFailed(this ILogger log, Exception exception, string cache);

    [LoggerMessage(2, LogLevel.Warning, "Cache '{Cache}' lacks changes of a member that has gone, and nobody has them: what they may have changed is dropped on all members.")]
    internal static partial void HoleLost(this ILogger log, string cache);

    [LoggerMessage(4, LogLevel.Debug, "Cache '{Cache}': the gateway's copy could not be read; the factory is called.")]
    internal static partial void ReadThroughFailed(this ILogger log, Exception exception, string cache);

    [LoggerMessage(3, LogLevel.Debug, "Cache '{Cache}' could not answer what another member asked.")]
    internal static partial void AnswerFailed(this ILogger log, Exception exception, string cache);
}
