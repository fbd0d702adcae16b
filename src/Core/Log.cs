using Microsoft.Extensions.Logging;

namespace McCache.Core;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "A change callback of cache {Cache} has thrown; it will be called for the next change.")]
    internal static partial void ChangeCallbackThrew(ILogger logger, string cache, Exception exception);
}
