using Microsoft.Extensions.Logging;

namespace McCache.Demo.Member;

/// <summary>Counts how often this client has lost its gateway, which may well happen on a machine with more processes than cores: it is in the log, as event 2018.</summary>
internal sealed class GatewayLosses : ILoggerProvider, ILogger
{
    private const int GatewayLost = 2018;

    private int _count;

    public int Count => Volatile.Read(ref _count);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == GatewayLost)
            Interlocked.Increment(ref _count);
    }

    public void Dispose()
    {
    }
}
