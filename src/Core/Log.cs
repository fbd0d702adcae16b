using Microsoft.Extensions.Logging;

namespace McCache.Core;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "A change callback of cache {Cache} has thrown; it will be called for the next change.")]
    internal static partial void ChangeCallbackThrew(ILogger logger, string cache, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "A value of cache {Cache} takes {Size} bytes; CacheOptions.MaxBytes of this member is {MaxBytes}, so that it is not kept here. Said once; CacheStatistics.OversizedValues counts.")]
    internal static partial void ValueOversized(ILogger logger, string cache, long size, long maxBytes);

    [LoggerMessage(3, LogLevel.Warning, "A value of cache {Cache} that another member sent cannot be deserialized ({Problem}); it is not kept here. Said once; CacheStatistics.UnreadableValues counts.")]
    internal static partial void ValueUnreadable(ILogger logger, string cache, string problem);
}
