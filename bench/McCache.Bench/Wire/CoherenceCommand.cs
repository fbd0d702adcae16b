using System.CommandLine;
using McCache.Bench.Processes;

namespace McCache.Bench.Wire;

/// <summary>How long one write takes to the other silos, and to them and back.</summary>
internal static class CoherenceCommand
{
    public static Command Create()
    {
        var json = Report.JsonOption();
        var quick = WireCommands.QuickOption();
        var silos = new Option<int>("--silos") { Description = "Silo processes: 2, 3 or 5.", HelpName = "n", DefaultValueFactory = _ => 2 };
        silos.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (2 or 3 or 5))
                result.AddError("--silos must be 2, 3 or 5.");
        });
        var command = new Command("coherence", "One write at a time: microseconds until other silo processes serve it, and until a coherent verb has returned, beside sockets, Orleans' own messaging, and FusionCache.")
        {
            json, quick, silos,
        };
        command.SetAction((result, cancellationToken)
            => WireCommands.RunAsync(() => CoherenceRun.RunAsync(result.GetValue(silos), result.GetValue(quick), cancellationToken), result.GetValue(json)));
        return command;
    }
}

/// <summary>What the commands across processes have in common.</summary>
internal static class WireCommands
{
    public static Option<bool> QuickOption() => new("--quick") { Description = "Fewer and shorter rounds: less than a minute in all." };

    /// <summary>The hidden commands that make this process a child of the benchmark; settings come in the first line of standard input.</summary>
    public static IEnumerable<Command> CreateChildren()
    {
        var silo = new Command(WireSilo.Name) { Hidden = true };
        silo.SetAction((_, _) => WireSilo.RunAsync());
        var garnet = new Command(GarnetChild.Name) { Hidden = true };
        garnet.SetAction((_, _) => GarnetChild.RunAsync());
        var fusion = new Command(FusionChild.Name) { Hidden = true };
        fusion.SetAction((_, _) => FusionChild.RunAsync());
        return [silo, garnet, fusion];
    }

    public static async Task<int> RunAsync<TRow>(Func<Task<IReadOnlyCollection<TRow>>> run, bool json)
    {
        try
        {
            Report.Print(await run(), json);
            return 0;
        }
        catch (Exception exception) when (exception is ChildFailedException or TimeoutException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }
}
