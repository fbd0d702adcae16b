using System.CommandLine;

namespace McCache.Bench.Dashboards;

/// <summary>What an open page of the dashboard costs a busy cluster.</summary>
internal static class DashboardCommand
{
    public static Command Create()
    {
        var (json, quick) = (Report.JsonOption(), Report.QuickOption());
        var command = new Command("dashboard", "Processor time and allocated bytes of an operation on five busy silos, with the dashboard's page open and closed in turn.") { json, quick };
        command.SetAction(async (result, cancellationToken) =>
        {
            Report.Print(await DashboardRun.RunAsync(result.GetValue(quick) ? 5 : 20, cancellationToken), result.GetValue(json));
            return 0;
        });
        return command;
    }
}

/// <param name="Page">Whether a page is open.</param>
/// <param name="OperationsPerSecond">Of all workers together; the median of the rounds, as all that follows.</param>
/// <param name="CpuNanoseconds">Processor time of the whole process, by operations.</param>
/// <param name="Bytes">Bytes that the whole process has allocated, by operations.</param>
/// <param name="CpuRatio">The median of each round's own ratio to the page closed.</param>
/// <param name="BytesRatio">The same for bytes.</param>
/// <param name="Questions">How often the cluster was asked.</param>
internal sealed record DashboardRow(string Page, double OperationsPerSecond, double CpuNanoseconds, double Bytes, double CpuRatio, double BytesRatio, long Questions);
