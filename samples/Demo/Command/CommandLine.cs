using System.CommandLine;
using System.Globalization;
using System.Numerics;
using McCache.Demo.Run;
using McCache.Demo.Member;

namespace McCache.Demo.Command;

/// <summary>The command line: options with their legal ranges, and the hidden command that makes this process a silo or a client of the demo.</summary>
internal static class CommandLine
{
    /// <summary>The hidden command; its settings come through stdin, from the parent.</summary>
    public const string MemberCommand = "member";

    private static readonly Option<int> s_silos = Number("--silos", 1, 16, 3, "a whole number", "Silo processes to start.");

    private static readonly Option<int> s_clients = Number(
        "--clients", 0, 16, 0, "a whole number", "Client processes outside the cluster, each with a near cache, to start besides.");

    private static readonly Option<int> s_seconds = Number("--seconds", 1, 86_400, 20, "a whole number", "Seconds to replay the trace.");

    private static readonly Option<double> s_updates = Number(
        "--updates", 0d, 1d, 0.05, "a number", "Share of requests followed by an update of the page and a coherent verb.");

    private static readonly Option<Coherence> s_coherence = new("--coherence")
    {
        Description = "What an update tells the caches: invalidate, to drop the page (RemoveAsync), or replicate, to take the new one (SetAsync).",
        HelpName = "mode",
        DefaultValueFactory = _ => Coherence.Invalidate,
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (text is "invalidate" or "replicate")
                return text == "replicate" ? Coherence.Replicate : Coherence.Invalidate;
            result.AddError($"--coherence must be invalidate or replicate; '{text}' is not.");
            return default;
        },
    };

    private static readonly Option<string> s_trace = new("--trace")
    {
        Description = "The trace to replay: a text file with one key a line, plain or gzip. [default: the bundled web07]",
        HelpName = "file",
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "No drawing; the last line of stdout is the result as one JSON object." };

    private static readonly Option<bool> s_sabotage = new("--sabotage")
    {
        Description = "Update the database without telling the caches, to see the check find stale reads.",
    };

    private static readonly Option<int> s_dashboard = Number("--dashboard", 0, 65_535, 0, "a whole number", "Port of the dashboards on this machine, 0 for a free one.");

    private static readonly Option<int> s_hold = Number("--hold", 0, 86_400, 0, "a whole number", "Seconds to keep the silos up after the replay, to look at the dashboards.");

    private static readonly Option<bool> s_acts = new("--acts") { Description = "Let the dashboard evict, remove, clear and repair." };

    public static async Task<int> RunAsync(string[] args)
    {
        var member = new System.CommandLine.Command(MemberCommand) { Hidden = true };
        member.SetAction(_ => MemberProgram.RunAsync());
        var root = new RootCommand("Silo processes with a McCache each, one database, a real access trace, and every read checked.")
        {
            s_silos, s_clients, s_seconds, s_trace, s_updates, s_coherence, s_json, s_sabotage, s_dashboard, s_hold, s_acts, member,
        };
        s_trace.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } file && !File.Exists(file))
                result.AddError($"--trace must name a file that exists; '{file}' does not.");
        });
        root.SetAction(parsed => DemoProgram.RunAsync(new DemoOptions(
            parsed.GetValue(s_silos),
            parsed.GetValue(s_clients),
            parsed.GetValue(s_seconds),
            parsed.GetValue(s_trace) ?? DemoOptions.BundledTrace,
            parsed.GetValue(s_updates),
            parsed.GetValue(s_json),
            parsed.GetValue(s_coherence),
            parsed.GetValue(s_sabotage),
            parsed.GetValue(s_dashboard),
            parsed.GetValue(s_hold),
            parsed.GetValue(s_acts))));

        var result = root.Parse(args);
        if (result.Errors.Count == 0)
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        foreach (var error in result.Errors)
            await Console.Error.WriteLineAsync(error.Message);
        await Console.Error.WriteLineAsync("Try --help.");
        return ExitCodes.BadOptions;
    }

    private static Option<T> Number<T>(string name, T min, T max, T standard, string kind, string description)
        where T : struct, INumber<T>
        => new(name)
        {
            Description = string.Create(CultureInfo.InvariantCulture, $"{description} {min} to {max}."),
            HelpName = "n",
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
                    return value;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be {kind} from {min} to {max}; '{text}' is not."));
                return default;
            },
        };
}
