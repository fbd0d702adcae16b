using System.CommandLine;
using McCache.Bench.Processes;

namespace McCache.Bench.Seal;

/// <summary>What sealing costs.</summary>
internal static class SealCommand
{
    public static Command Create()
    {
        var json = Report.JsonOption();
        var quick = Report.QuickOption();
        var command = new Command("seal", "Operations a second between two silo processes that seal what they send each other, beside two that do not.") { json, quick };
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                Report.Print(await SealRun.RunAsync(result.GetValue(quick) ? 3 : 9, result.GetValue(quick) ? 0.5 : 2, cancellationToken), result.GetValue(json));
                return 0;
            }
            catch (Exception exception) when (exception is ChildFailedException or TimeoutException or OperationCanceledException)
            {
                await Console.Error.WriteLineAsync(exception.Message);
                return 1;
            }
        });
        return command;
    }
}
