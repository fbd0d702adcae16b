using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Threading.Channels;

// Each test starts a cluster of processes: side by side they would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace McCache.Demo.Tests;

/// <summary>The built demo as a process of its own, as a user starts it.</summary>
internal sealed partial class DemoProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly Channel<string> _progress = Channel.CreateUnbounded<string>();
    private readonly List<string> _errors = [];
    private readonly List<Process> _members = [];
    private readonly Task _readingErrors;
    private readonly Task<string> _output;

    private DemoProcess(Process process)
    {
        _process = process;
        process.StandardInput.Close();
        _readingErrors = ReadErrorsAsync();
        _output = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>The silo and client processes announced so far.</summary>
    public IReadOnlyList<Process> Members => _members;

    public static DemoProcess Start(params string[] options) => new(Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "McCache.Demo.dll"), .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    /// <summary>Waits until all replay.</summary>
    public async Task ReplayingAsync()
    {
        await foreach (var line in _progress.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (Announcement().Match(line) is { Success: true } announced)
                _members.Add(Process.GetProcessById(int.Parse(announced.Groups[1].ValueSpan)));
            if (line == "Replaying")
                return;
        }

        Assert.Fail($"The demo ended before it replayed:\n{string.Join('\n', _errors)}");
    }

    /// <summary>Waits until it says something.</summary>
    /// <returns>What follows in the line.</returns>
    public async Task<string> SayingAsync(string beginning)
    {
        await foreach (var line in _progress.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line[beginning.Length..];
        }

        throw new InvalidOperationException($"The demo ended before it said '{beginning}':\n{string.Join('\n', _errors)}");
    }

    /// <summary>Waits until the demo has ended.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _readingErrors;
        return (_process.ExitCode, await _output, string.Join('\n', _errors));
    }

    /// <summary>Waits until every one of them has ended.</summary>
    public Task MembersEndAsync() => Task.WhenAll(_members.Select(member => member.WaitForExitAsync(TestContext.Current.CancellationToken)));

    /// <summary>Ends the demo's own process as a crash would: it gets to do nothing more.</summary>
    public void Crash() => _process.Kill();

    public void Terminate() => Assert.Equal(0, Kill(_process.Id, SigTerm));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _readingErrors;
        _members.ForEach(member => member.Dispose());
        _process.Dispose();
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _errors.Add(line);
            _progress.Writer.TryWrite(line);
        }

        _progress.Writer.Complete();
    }

    [GeneratedRegex(@"^(?:Silo|Client) \d+ is process (\d+)")]
    private static partial Regex Announcement();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
