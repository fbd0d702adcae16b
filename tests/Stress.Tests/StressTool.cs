using System.Diagnostics;
using System.Text.Json;
using McCache.Stress.Run;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // each run has processes enough for every core

namespace McCache.Stress.Tests;

/// <summary>Runs the tool as a user does, in a process of its own.</summary>
internal static class StressTool
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    /// <returns>The exit code, the report (null when none was printed), and all that was said besides.</returns>
    internal static async Task<(int ExitCode, StressReport? Report, string Said)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StressReport).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var interruption = TestContext.Current.CancellationToken.Register(process.Kill);
        var said = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var report = printed.StartsWith('{') ? JsonSerializer.Deserialize<StressReport>(printed, s_json) : null;
        return (process.ExitCode, report, $"{printed}\n{await said}");
    }
}
