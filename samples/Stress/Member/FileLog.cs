using System.Globalization;
using McCache.Stress.Shared;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McCache.Stress.Member;

/// <summary>Writes the log of one place to its file, flushed line by line since the process may be killed at any moment; bounded.</summary>
internal sealed class FileLog(string path) : ILoggerProvider
{
    private const int MaxLines = 100_000;

    private readonly Lock _gate = new();
    private readonly StreamWriter _writer = new(path, append: true) { AutoFlush = true };
    private int _lines;

    /// <summary>An empty builder whose log goes there; MCCACHE_STRESS_LOG is its least level, but for the membership, of which it has all.</summary>
    internal static HostApplicationBuilder CreateBuilder(MemberSettings settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(Enum.TryParse<LogLevel>(Environment.GetEnvironmentVariable("MCCACHE_STRESS_LOG"), out var level) ? level : LogLevel.Warning);
        builder.Logging.AddFilter("Orleans.Runtime.MembershipService.MembershipTableManager", LogLevel.Debug); // who saw whom at which version: what a silo waits for rests on that
        builder.Logging.AddProvider(new FileLog(RunFiles.Log(settings.Folder, settings.Place)));
        return builder;
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
        lock (_gate)
            _writer.Dispose();
    }

    private void Write(string line)
    {
        lock (_gate)
        {
            if (_lines++ < MaxLines)
                _writer.WriteLine(line);
        }
    }

    private sealed class Logger(FileLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var cause = exception is null ? "" : $" {exception.GetType().Name}: {exception.Message}";
            log.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{DateTime.UtcNow:HH:mm:ss.fff} {Environment.ProcessId} {logLevel} {category}: {formatter(state, exception)}{cause}"));
        }
    }
}
