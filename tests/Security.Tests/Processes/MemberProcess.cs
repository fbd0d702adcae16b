using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace McCache.Security.Tests.Processes;

/// <summary>A child process that is a silo or a client.</summary>
internal sealed class MemberProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly Channel<string> _refusals = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource<string> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private int _accepted;

    internal MemberProcess(MemberSettings settings)
    {
        Settings = settings;
        _process = Process.Start(new ProcessStartInfo("dotnet", [typeof(MemberProcess).Assembly.Location, "member", JsonSerializer.Serialize(settings)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _reading = ReadAsync();
    }

    internal MemberSettings Settings { get; }

    /// <summary>Completes with "ready", or with why the process did not start.</summary>
    internal Task<string> Started => _started.Task.WaitAsync(s_patience);

    internal bool IsStarting => !_started.Task.IsCompleted;

    internal static async Task<MemberProcess> StartAsync(MemberSettings settings)
    {
        var process = new MemberProcess(settings);
        try
        {
            Assert.Equal("ready", await process.Started);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the process has refused a connection since this was asked last.</summary>
    internal async Task<string> RefusedAsync()
    {
        using var timeout = new CancellationTokenSource(s_patience);
        var refusal = await _refusals.Reader.ReadAsync(timeout.Token);
        return refusal;
    }

    /// <summary>Connections that have got past TLS, or through without, since this was forgotten last.</summary>
    internal int Accepted => Volatile.Read(ref _accepted);

    internal void ForgetConnections()
    {
        Volatile.Write(ref _accepted, 0);
        while (_refusals.Reader.TryRead(out _))
        {
        }
    }

    internal async Task<string> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        await _process.StandardInput.FlushAsync();
        using var timeout = new CancellationTokenSource(s_patience);
        return await _answers.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>Sets a value here and reads it there, until that has worked once: a lease that a busy machine has cost makes a copy look empty, and a client's value a removal.</summary>
    internal async Task AssertReachesAsync(MemberProcess other, string key, string value)
    {
        using var timeout = new CancellationTokenSource(s_patience);
        string set, got;
        do
        {
            set = await AskAsync($"set {key} {value}");
            got = await other.AskAsync($"get {key}");
        }
        while ((set, got) != ("done", value) && !timeout.IsCancellationRequested);
        Assert.Equal(("done", value), (set, got));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var (word, rest) = line.Split(' ', 2) is [var first, var more] ? (first, more) : (line, "");
            switch (word)
            {
                case "ready":
                    _started.TrySetResult(word);
                    break;
                case "failed":
                    _started.TrySetResult(rest);
                    break;
                case "answer":
                    _answers.Writer.TryWrite(rest);
                    break;
                case "accepted":
                    Interlocked.Increment(ref _accepted);
                    break;
                case "refused":
                    _refusals.Writer.TryWrite(rest);
                    break;
            }
        }

        _started.TrySetResult("It ended without a word.");
    }
}
