using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace McCache.Cluster.Tests;

/// <summary>An authorizer that a test can change while silos run.</summary>
internal sealed class Policy : IMcCacheAuthorizer
{
    /// <summary>Decides; everything is allowed at first.</summary>
    public Func<McCacheAccess, bool> Rule { get; set; } = _ => true;

    public ConcurrentQueue<McCacheAccess> Asked { get; } = new();

    public bool IsAllowed(McCacheAccess access)
    {
        Asked.Enqueue(access);
        return Rule(access);
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogRecord : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, int Event, string Text)> _entries = new();

    public IReadOnlyCollection<(string Category, LogLevel Level, int Event, string Text)> Entries => _entries;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogRecord record, string category) : ILogger
    {
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => record._entries.Enqueue((category, logLevel, eventId.Id, $"{formatter(state, exception)}\n{string.Join(',', state as IEnumerable<KeyValuePair<string, object?>> ?? [])}\n{exception}"));

        public bool IsEnabled(LogLevel logLevel) => category.StartsWith("McCache", StringComparison.Ordinal) || logLevel >= LogLevel.Information;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;
    }
}
