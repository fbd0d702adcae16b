using System.Globalization;

namespace McCache.Demo.Views;

/// <summary>Figures for people: short, and always as wide as the eye expects.</summary>
internal static class Figures
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <summary>1,234,567, or 1.23 M when there is little room.</summary>
    public static string Count(double value, bool isShort) => (isShort, value) switch
    {
        (true, >= 1e9) => Format(value / 1e9, "G"),
        (true, >= 1e6) => Format(value / 1e6, "M"),
        (true, >= 1e4) => Format(value / 1e3, "k"),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    public static string Share(long part, long whole) => whole == 0 ? "–" : (100d * part / whole).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    public static string Bytes(long bytes) => bytes switch
    {
        0 => "–",
        < 1024 * 1024 => Format(bytes / 1024d, "KiB"),
        _ => Format(bytes / 1024d / 1024d, "MiB"),
    };

    public static string Microseconds(long microseconds) => microseconds switch
    {
        0 => "–",
        < 1_000 => Format(microseconds, "µs"),
        < 1_000_000 => Format(microseconds / 1e3, "ms"),
        _ => Format(microseconds / 1e6, "s"),
    };

    /// <summary>A line of small bars, the last <paramref name="width"/> values, the highest of them a full one.</summary>
    public static string Sparkline(IReadOnlyCollection<double> values, int width)
    {
        var shown = values.TakeLast(width).ToArray();
        var highest = shown.DefaultIfEmpty().Max();
        return string.Concat(shown.Select(value => Blocks[highest <= 0 ? 0 : (int)(value / highest * (Blocks.Length - 1))]));
    }

    /// <summary>Three digits that mean something.</summary>
    private static string Format(double value, string unit)
        => value.ToString(value < 9.995 ? "0.00" : value < 99.95 ? "0.0" : "N0", CultureInfo.InvariantCulture) + " " + unit;
}
