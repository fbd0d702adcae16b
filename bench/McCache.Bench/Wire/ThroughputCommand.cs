using System.CommandLine;

namespace McCache.Bench.Wire;

/// <summary>How many small writes a second the other silos apply.</summary>
internal static class ThroughputCommand
{
    public static Command Create()
    {
        var json = Report.JsonOption();
        var quick = WireCommands.QuickOption();
        var command = new Command("throughput", "Small writes a second that the other silo process applies, what is lost, and how long the rest takes, beside Orleans' own messaging, sockets, and FusionCache.")
        {
            json, quick,
        };
        command.SetAction((result, cancellationToken)
            => WireCommands.RunAsync(() => ThroughputRun.RunAsync(result.GetValue(quick), cancellationToken), result.GetValue(json)));
        return command;
    }
}
