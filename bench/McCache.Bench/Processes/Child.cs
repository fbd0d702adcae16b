using System.Collections.Concurrent;
using System.Diagnostics;

namespace McCache.Bench.Processes;

/// <summary>A child did not do what it was told.</summary>
internal sealed class ChildFailedException(string message) : Exception(message);

/// <summary>A process of the benchmark: this program with a hidden command, spoken to over its pipes. Its standard error is this one's.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(20);

    private readonly string _name;
    private readonly Process _process;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<Answer>> _asked = new();
    private int _orders;

    private Child(string name, Process process)
    {
        (_name, _process) = (name, process);
        _asked[0] = NewAnswer();
        Up = _asked[0].Task.WaitAsync(s_patience);
        _reading = ReadAsync();
    }

    /// <summary>Completes when the child is up.</summary>
    /// <exception cref="ChildFailedException">It has ended.</exception>
    public Task<Answer> Up { get; }

    public static Child Start(string name, string command, object settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };

        // Started as "dotnet McCache.Bench.dll", this process is dotnet, and needs to be told the program.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(Child).Assembly.Location);
        start.ArgumentList.Add(command);
        var process = Process.Start(start)!;
        process.StandardInput.WriteLine(JsonLines.ToLine(settings));
        process.StandardInput.Flush();
        return new Child(name, process);
    }

    /// <exception cref="ChildFailedException">It could not do it, or has ended.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public async Task<Answer> AskAsync(Order order)
    {
        var id = Interlocked.Increment(ref _orders);
        var asked = _asked[id] = NewAnswer();
        try
        {
            lock (_process)
            {
                _process.StandardInput.WriteLine(JsonLines.ToLine(order with { Id = id }));
                _process.StandardInput.Flush();
            }

            var answer = await asked.Task.WaitAsync(s_patience);
            return answer.Error is null ? answer : throw new ChildFailedException($"{_name} could not do '{order.Do}': {answer.Error}");
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw new ChildFailedException($"{_name} has ended.");
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_name} did not do '{order.Do}' ({order.Bytes:N0} bytes) within {s_patience.TotalSeconds:0} s.");
        }
        finally
        {
            _asked.TryRemove(id, out _);
        }
    }

    /// <summary>Ends the child, in order if it goes quickly.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(s_endPatience);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            _process.Kill();
        }

        await _reading;
        _process.Dispose();
    }

    private static TaskCompletionSource<Answer> NewAnswer() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith('{') && JsonLines.FromLine<Answer>(line) is var answer && _asked.TryGetValue(answer.Id, out var asked))
                asked.TrySetResult(answer);
        }

        foreach (var (_, asked) in _asked)
            asked.TrySetException(new ChildFailedException($"{_name} has ended."));
    }
}
