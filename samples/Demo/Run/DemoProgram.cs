using McCache.Demo.Command;
using McCache.Demo.Shared;
using McCache.Demo.Views;

namespace McCache.Demo.Run;

/// <summary>The main of the parent process: prepare, run, show, judge, clean up.</summary>
internal static class DemoProgram
{
    public static async Task<int> RunAsync(DemoOptions options)
    {
        AccessTrace trace;
        try
        {
            trace = AccessTrace.Read(options.Trace);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"--trace cannot be read: {exception.Message}");
            return ExitCodes.BadOptions;
        }

        using var interruption = new Interruption();
        var workspace = Workspace.Create();
        var state = new RunState(options, trace);
        IRunView view = options.Json || Console.IsOutputRedirected ? new PlainView(state) : new LiveView(state);
        var run = new DemoRun(state, workspace, interruption).RunAsync();
        await view.WatchAsync(run);
        var outcome = await run;
        view.Close(outcome);
        if (outcome.Failure is null || options.Sabotage)
            workspace.Remove();
        else
            await Console.Error.WriteLineAsync($"The logs of the silos are kept in {workspace.Folder}");
        return outcome.ExitCode;
    }
}
