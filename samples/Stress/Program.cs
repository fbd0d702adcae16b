using System.CommandLine;
using McCache;
using McCache.Stress;
using McCache.Stress.Run;
using McCache.Stress.Member;
using McCache.Stress.Table;

var defaults = new StressOptions();
var silos = new Option<int>("--silos") { Description = $"Silo processes, 2 to {StressOptions.MaxSilos}.", DefaultValueFactory = _ => defaults.Silos };
var clients = new Option<int>("--clients") { Description = $"Client processes outside the cluster, 0 to {StressOptions.MaxClients}.", DefaultValueFactory = _ => defaults.Clients };
var minutes = new Option<double>("--minutes")
{
    Description = "How long the load runs; longer if some fault has not had its turn.",
    DefaultValueFactory = _ => defaults.Minutes,
};
var faults = new Option<string>("--faults")
{
    Description = $"A list, separated by commas, of {string.Join(", ", StressOptions.KnownFaults)}; or none.",
    DefaultValueFactory = _ => "none",
};
var coherence = new Option<Coherence>("--coherence")
{
    Description = "invalidate or replicate: whether silos drop their copies of what others write, or take the values.",
    HelpName = "mode",
    DefaultValueFactory = _ => defaults.Coherence,
    CustomParser = static result =>
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (text is "invalidate" or "replicate")
            return text == "replicate" ? Coherence.Replicate : Coherence.Invalidate;
        result.AddError($"--coherence is '{text}'; it must be invalidate or replicate.");
        return default;
    },
};
var loss = new Option<double>("--loss")
{
    Description = $"How many of a hundred batches, or of their answers, every silo loses from the start of the load to its end, 0 to {StressOptions.MaxLossPercent}.",
    DefaultValueFactory = _ => defaults.LossPercent,
};
var pace = new Option<double>("--pace")
{
    Description = "Milliseconds between the operations of a worker; 0 for as fast as it goes.",
    DefaultValueFactory = _ => defaults.PaceMilliseconds,
};
var workers = new Option<int>("--workers") { Description = "Workers in each silo and client.", DefaultValueFactory = _ => defaults.Workers };
var keys = new Option<int>("--keys") { Description = "Keys that are written.", DefaultValueFactory = _ => defaults.Keys };
var coherent = new Option<int>("--coherent")
{
    Description = "How many of a hundred writes are coherent verbs; the others are dictionary verbs.",
    DefaultValueFactory = _ => defaults.CoherentPercent,
};
var sabotage = new Option<bool>("--sabotage") { Description = "Coherent verbs do not tell the cache, to see the check find stale reads." };
var seed = new Option<int?>("--seed") { Description = "Repeats the same choice of faults and operations; their timing is the machine's." };
var json = new Option<bool>("--json") { Description = "The result as one JSON object on standard output; progress goes to standard error." };
var loopback = new Option<bool>("--loopback") { Description = "Uses loopback and stalling connections even where network namespaces can be had." };
var tls = new Option<bool>("--tls") { Description = "Mutual TLS between all silos and clients, with certificates of an authority that lives as long as the run." };
var seal = new Option<bool>("--seal") { Description = "All silos and clients seal what they send each other, with a secret that lives as long as the run." };
var folder = new Option<string?>("--folder")
{
    Description = "Where logs, events and the table's file go and stay. Default: a temporary folder, whose logs are kept when the run fails.",
};

var settings = new Argument<string>("settings");
var memberCommand = new Command("member", "One silo or client of a run.") { Hidden = true };
memberCommand.Add(settings);
memberCommand.SetAction((result, _) => MemberCommand.RunAsync(result.GetRequiredValue(settings)));
var tableCommand = new Command("table", "The membership table of a run.") { Hidden = true };
tableCommand.Add(settings);
tableCommand.SetAction(result => TableCommand.Run(result.GetRequiredValue(settings)));

var root = new RootCommand("Silo and client processes under load and under faults: is a value ever read that a completed coherent verb has superseded?")
{
    silos, clients, minutes, faults, coherence, loss, pace, workers, keys, coherent, seed, json, sabotage, loopback, tls, seal, folder, memberCommand, tableCommand,
};
root.SetAction(async (result, cancellationToken) =>
{
    var options = new StressOptions
    {
        Silos = result.GetValue(silos),
        Clients = result.GetValue(clients),
        Minutes = result.GetValue(minutes),
        Faults = [.. result.GetValue(faults)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(fault => fault != "none").Distinct()],
        Coherence = result.GetValue(coherence),
        LossPercent = result.GetValue(loss),
        PaceMilliseconds = result.GetValue(pace),
        Workers = result.GetValue(workers),
        Keys = result.GetValue(keys),
        CoherentPercent = result.GetValue(coherent),
        Sabotage = result.GetValue(sabotage),
        Seed = result.GetValue(seed) ?? Random.Shared.Next(1, 1_000_000),
        IsJson = result.GetValue(json),
        UsesLoopback = result.GetValue(loopback),
        UsesTls = result.GetValue(tls),
        Seals = result.GetValue(seal),
        Folder = result.GetValue(folder),
    };
    if (options.Check() is { } error)
    {
        await Console.Error.WriteLineAsync(error);
        return ExitCodes.BadOptions;
    }

    return await StressRun.RunAsync(options, cancellationToken);
});

var parsed = root.Parse(args);
if (parsed.Errors.Count == 0)
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) }); // what an interrupted run has to clear away
foreach (var error in parsed.Errors)
    await Console.Error.WriteLineAsync(error.Message);
return ExitCodes.BadOptions;
