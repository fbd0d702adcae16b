using System.Diagnostics;
using System.Text.Json;
using McCache.Demo.Command;
using McCache.Demo.Shared;

namespace McCache.Demo.Run;

/// <summary>A silo or client process as its parent sees it: orders go to its stdin, reports come from its stdout, its stderr is its log.</summary>
internal sealed class MemberProcess : IAsyncDisposable
{
    private const int MaxLogLine = 300;

    private readonly MemberSettings _settings;
    private readonly Process _process;
    private readonly Task _log;
    private readonly Dictionary<MemberPhase, TaskCompletionSource> _phases =
        Enum.GetValues<MemberPhase>().ToDictionary(phase => phase, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private volatile bool _isToldToStop;
    private volatile MemberReport _report = new();
    private volatile TaskCompletionSource<CopyReport>? _comparing;

    private MemberProcess(MemberSettings settings, Process process)
    {
        (_settings, _process) = (settings, process);
        _log = KeepLogAsync();
        Ended = ReadToEndAsync();
    }

    /// <summary>"Silo 1", "Client 1".</summary>
    public string Name => _settings.Name;

    /// <summary>Whether it is outside the cluster.</summary>
    public bool IsClient => _settings.IsClient;

    public int ProcessId => _process.Id;

    /// <summary>The newest report.</summary>
    public MemberReport Report => _report;

    /// <summary>Completes when the process has ended as it was told to; fails when it has ended otherwise.</summary>
    /// <exception cref="MemberFailedException">It was not told to, or its exit code is not success.</exception>
    public Task Ended { get; }

    public static MemberProcess Start(MemberSettings settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Started as "dotnet McCache.Demo.dll", this process is dotnet, and needs to be told the program.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(MemberProcess).Assembly.Location);
        start.ArgumentList.Add(CommandLine.MemberCommand);

        var member = new MemberProcess(settings, Process.Start(start)!);
        member.Send(JsonSerializer.Serialize(settings, MessageContext.Default.MemberSettings));
        return member;
    }

    /// <summary>Completes when it has come to a phase.</summary>
    public Task Reach(MemberPhase phase) => _phases[phase].Task;

    public void Send(string order)
    {
        try
        {
            _process.StandardInput.WriteLine(order);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; whoever waits for a phase of it learns that.
        }
    }

    /// <summary>Asks a process that has finished what its cache holds.</summary>
    /// <param name="isByPage">Whether to list the pages.</param>
    /// <exception cref="MemberFailedException">It has ended.</exception>
    public async Task<CopyReport> CompareAsync(bool isByPage)
    {
        var comparing = _comparing = new TaskCompletionSource<CopyReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(isByPage ? Orders.ComparePages : Orders.Compare);
        if (await Task.WhenAny(comparing.Task, Ended) == Ended)
            await Ended;
        return await comparing.Task;
    }

    /// <summary>Tells a process that has finished to leave, and waits until its process has ended.</summary>
    /// <exception cref="MemberFailedException">It did not end well.</exception>
    public Task StopAsync()
    {
        _isToldToStop = true;
        Send(Orders.Stop);
        return Ended;
    }

    /// <summary>Makes sure that the process is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    private async Task ReadToEndAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var report = JsonSerializer.Deserialize(line, MessageContext.Default.MemberReport)!;
            _report = report with { Copy = null };
            if (report.Copy is { } copy)
                _comparing?.TrySetResult(copy);
            foreach (var (phase, reached) in _phases)
            {
                if (phase <= report.Phase)
                    reached.TrySetResult();
            }
        }

        await _process.WaitForExitAsync();
        await _log;
        if (!_isToldToStop || _process.ExitCode != ExitCodes.Success)
            throw new MemberFailedException(this, _process.ExitCode, await ReadLogEndAsync());
    }

    private async Task KeepLogAsync()
    {
        await using var log = File.Create(_settings.Workspace.Log(Name));
        await _process.StandardError.BaseStream.CopyToAsync(log);
    }

    private async Task<string> ReadLogEndAsync()
    {
        var lines = await File.ReadAllLinesAsync(_settings.Workspace.Log(Name));
        return string.Join(Environment.NewLine, lines.TakeLast(15).Select(line => line.Length <= MaxLogLine ? line : line[..MaxLogLine] + "…"));
    }
}
