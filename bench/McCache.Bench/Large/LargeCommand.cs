using System.CommandLine;
using System.Globalization;
using McCache.Bench.Processes;

namespace McCache.Bench.Large;

/// <summary>How long a value takes until three silo processes can serve it, and what small writes beside it wait, both next to a raw copy of the same bytes through loopback.</summary>
internal static class LargeCommand
{
    private const long MinBytes = 64;
    private const long MaxBytes = 1L << 30;
    private const string Standard = "1K,16K,64K,256K,1M,16M,64M,256M";

    public static Command Create()
    {
        var json = Report.JsonOption();
        var sizes = new Option<long[]>("--sizes")
        {
            Description = $"Sizes of values, separated by commas, in bytes or with K or M for KiB or MiB, 64 to 1024M. [default: {Standard}]",
            HelpName = "list",
            CustomParser = result =>
            {
                var text = string.Join(',', result.Tokens.Select(token => token.Value));
                if (Parse(text) is { } parsed)
                    return parsed;
                result.AddError($"--sizes must be a list such as {Standard}, each from {MinBytes} bytes to 1024M; '{text}' is not.");
                return [];
            },
        };
        var rounds = new Option<int>("--rounds") { Description = "How often each size is measured; medians are shown. 1 to 1000.", HelpName = "n", DefaultValueFactory = _ => 7 };
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1_000)
                result.AddError("--rounds must be from 1 to 1000.");
        });
        var command = new Command("large", "Values of 1 KiB to 256 MiB: time until three silo processes can serve them, and what small writes wait meanwhile, beside a raw TCP copy.")
        {
            json, sizes, rounds,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                var rows = await LargeRun.RunAsync(result.GetValue(sizes) is { Length: > 0 } chosen ? chosen : Parse(Standard)!, result.GetValue(rounds), cancellationToken);
                Report.Print(rows, result.GetValue(json));
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

    /// <summary>The hidden commands that make this process a child of the benchmark; settings come in the first line of standard input.</summary>
    public static IEnumerable<Command> CreateChildren()
    {
        var silo = new Command(SiloChild.Name) { Hidden = true };
        silo.SetAction((_, _) => SiloChild.RunAsync());
        var raw = new Command(RawChild.Name) { Hidden = true };
        raw.SetAction((_, _) => RawChild.RunAsync());
        return [silo, raw];
    }

    private static long[]? Parse(string text)
    {
        var sizes = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseOne).ToArray();
        return sizes.Length > 0 && sizes.All(size => size is >= MinBytes and <= MaxBytes) ? sizes : null;
    }

    private static long ParseOne(string text)
    {
        var unit = char.ToUpperInvariant(text[^1]) switch { 'K' => 1024L, 'M' => 1024L * 1024, _ => 1 };
        return long.TryParse(unit == 1 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MaxBytes ? number * unit : 0;
    }
}
