using System.Collections.Concurrent;
using System.Diagnostics;
using McCache.Stress.Shared;

namespace McCache.Stress.Run;

/// <summary>A process of this run: this program with a hidden command, spoken to over its pipes.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Action<Report> _onReport;
    private readonly StreamWriter _log;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<Answer>> _asked = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _orders;

    internal ChildProcess(int number, IReadOnlyList<string> prefix, string command, string settings, string log, Action<Report> onReport)
    {
        Number = number;
        _onReport = onReport;
        _log = new StreamWriter(new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        string[] line = [.. prefix, .. Self(), command, settings];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TieredPGO"] = "0"; // less compiling where a run is short and cores are few
        _process = Process.Start(start)!;
        Id = _process.Id;
        Ended = RunAsync();
    }

    /// <summary>Its number within the run.</summary>
    internal int Number { get; }

    /// <summary>The process id; the prefix replaces itself by the program, so it is the program's.</summary>
    internal int Id { get; }

    /// <summary>Completes when the child has said that it is up; is cancelled when it ends before.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>It ended, or is about to, because the tool wanted it to.</summary>
    internal bool IsKilled { get; private set; }

    /// <summary>Completes with the exit code.</summary>
    internal Task<int> Ended { get; }

    internal long? ResidentBytes
    {
        get
        {
            try
            {
                _process.Refresh();
                return _process.HasExited ? null : _process.WorkingSet64;
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }
    }

    /// <summary>Orders, and waits for the answer.</summary>
    /// <exception cref="OperationCanceledException">The child ended before.</exception>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    internal async Task<Answer> AskAsync(Order order, TimeSpan timeout)
    {
        var id = Interlocked.Increment(ref _orders);
        var answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = answer;
        try
        {
            await _process.StandardInput.WriteLineAsync(Wire.ToLine(order with { Id = id }));
            await _process.StandardInput.FlushAsync();
            if (Ended.IsCompleted)
                answer.TrySetCanceled();
            return await answer.Task.WaitAsync(timeout);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw new OperationCanceledException("The child has ended.", exception);
        }
        finally
        {
            _asked.TryRemove(id, out _);
        }
    }

    internal Task KillAsync()
    {
        IsKilled = true;
        Signals.Kill(Id);
        return Ended;
    }

    /// <summary>The end of its input is a child's order to end.</summary>
    internal void CloseInput() => _process.StandardInput.Close();

    public void Dispose()
    {
        if (!Ended.IsCompleted) // else the number may be another's by now
        {
            Signals.Continue(Id);
            Signals.Kill(Id);
        }

        _process.Dispose();
        _log.Dispose();
    }

    private static string[] Self()
    {
        var host = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(host) == "dotnet" ? [host, typeof(ChildProcess).Assembly.Location] : [host];
    }

    private async Task<int> RunAsync()
    {
        await Task.Yield();
        var errors = ReadErrorsAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Wire.FromLine<Report>(line) is { } report)
                Handle(report);
            else
                _log.WriteLine(line);
        }

        await errors;
        await _process.WaitForExitAsync();
        _ready.TrySetCanceled();
        foreach (var (_, answer) in _asked)
            answer.TrySetCanceled();
        return _process.ExitCode;
    }

    private void Handle(Report report)
    {
        if (report.Ready is true)
            _ready.TrySetResult();
        if (report.Answer is { } answer && _asked.TryRemove(answer.Id, out var asked))
            asked.TrySetResult(answer);
        _onReport(report);
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
            _log.WriteLine(line);
    }
}
