using System.CommandLine;

namespace McCache.Bench.Scale;

/// <summary>What a write, the promises and a silo's memory cost as the cluster grows: measured with silos in this process, and simulated far beyond.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var json = Report.JsonOption();
        var quick = new Option<bool>("--quick") { Description = "Up to 8 silos instead of 32, up to 300 simulated members instead of 1,000, and fewer rounds." };
        var command = new Command("scale", "2 to 32 silos in this process: cost and bytes of a write, promise traffic, memory; and the core without a network up to 1,000 members.") { quick, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                Report.Print(await ScaleRun.RunAsync(result.GetValue(quick), cancellationToken), result.GetValue(json));
                return 0;
            }
            catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
            {
                await Console.Error.WriteLineAsync(exception.Message);
                return 1;
            }
        });
        return command;
    }
}
