using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace McCache.Bench;

/// <summary>Shows the rows of a benchmark: a table for people, or one JSON array as the last line of stdout.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private const int FileWidth = 200;

    /// <summary>The option that every command has.</summary>
    public static Option<bool> JsonOption() => new("--json") { Description = "Print the rows as one JSON array, the last line of stdout." };

    /// <summary>The option that every command has.</summary>
    public static Option<bool> QuickOption() => new("--quick") { Description = "Measure less, in under a minute." };

    public static void Print<TRow>(IReadOnlyCollection<TRow> rows, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(rows, s_json));
            return;
        }

        var properties = typeof(TRow).GetProperties();
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var property in properties)
            table.AddColumn(new TableColumn(JsonNamingPolicy.CamelCase.ConvertName(property.Name)) { Alignment = IsNumber(property.PropertyType) ? Justify.Right : Justify.Left });
        foreach (var row in rows)
            table.AddRow([.. properties.Select(property => Markup.Escape(Format(property.GetValue(row))))]);
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = FileWidth;
        AnsiConsole.Write(table);
    }

    private static bool IsNumber(Type type) => type.IsValueType;

    private static string Format(object? value) => value switch
    {
        double number => number.ToString(Math.Abs(number) is > 0 and < 0.1 ? "G3" : "N2", CultureInfo.InvariantCulture),
        long number => number.ToString("N0", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };
}
