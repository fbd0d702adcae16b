using McCache.Demo.Run;
using McCache.Demo.Shared;
using Spectre.Console;

namespace McCache.Demo.Views;

/// <summary>The table of a run: a row for each silo and client, and one for all.</summary>
internal static class MemberTable
{
    /// <summary>Below this width, figures are shortened, and lines between columns and the rates left out.</summary>
    private const int ComfortableWidth = 110;

    public static Table Of(RunState state, int width)
    {
        var isShort = width < ComfortableWidth;
        var members = state.Members;
        var table = new Table
        {
            Border = isShort ? TableBorder.Simple : TableBorder.Rounded,
            BorderStyle = new Style(Color.Grey37),
            ShowFooters = members.Count > 1,
            Caption = new TableTitle("sent, applied: multicast frames · p50, p99: from a write elsewhere until it is visible here", new Style(Color.Grey)),
        };
        var reports = members.Select(member => member.Report).ToArray();
        var total = new MemberReport
        {
            Seconds = reports.Select(report => report.Seconds).DefaultIfEmpty().Max(),
            Requests = reports.Sum(report => report.Requests),
            Hits = reports.Sum(report => report.Hits),
            OriginLoads = reports.Sum(report => report.OriginLoads),
            Entries = reports.Sum(report => report.Entries),
            Bytes = reports.Sum(report => report.Bytes),
            MulticastSent = members.Where(member => !member.IsClient).Sum(member => member.Report.MulticastSent), // what a client sends is sent on by its gateway
            MulticastApplied = reports.Sum(report => report.MulticastApplied),
        };
        var rows = members.Select(member => Cells(
            $"{Dot(member.Report.Phase)} {(member.IsClient ? $"[aqua]{member.Name.ToLowerInvariant()}[/]" : member.Name.ToLowerInvariant())}",
            member.Report,
            Latencies.Merge([member.Report.Visible]),
            isShort));
        var footer = Cells("all", total, Latencies.Merge(reports.Select(report => report.Visible)), isShort);
        string[] titles = isShort
            ? ["", "requests", "hits", "loads", "entries", "size", "sent", "applied", "p50", "p99"]
            : ["", "requests", "per s", "hits", "loads", "entries", "size", "sent", "applied", "p50", "p99"];
        for (var column = 0; column < titles.Length; column++)
        {
            table.AddColumn(new TableColumn(new Markup($"[grey]{titles[column]}[/]"))
            {
                Alignment = column == 0 ? Justify.Left : Justify.Right,
                NoWrap = true,
                Padding = new Padding(isShort ? 0 : 1, 0),
                Footer = new Markup($"[bold]{footer[column]}[/]"),
            });
        }

        foreach (var row in rows)
            table.AddRow(row);
        return table;
    }

    private static string[] Cells(string name, MemberReport report, Latencies visible, bool isShort) =>
    [
        name,
        Figures.Count(report.Requests, isShort),
        .. isShort ? Enumerable.Empty<string>() : [Figures.Count(report.Seconds > 0 ? report.Requests / report.Seconds : 0, isShort)],
        Figures.Share(report.Hits, report.Requests),
        Figures.Count(report.OriginLoads, isShort),
        Figures.Count(report.Entries, isShort),
        Figures.Bytes(report.Bytes),
        Figures.Count(report.MulticastSent, isShort),
        Figures.Count(report.MulticastApplied, isShort),
        Figures.Microseconds(visible.Percentile(50)),
        Figures.Microseconds(visible.Percentile(99)),
    ];

    private static string Dot(MemberPhase phase) => phase switch
    {
        MemberPhase.Starting => "[grey]○[/]",
        MemberPhase.Started or MemberPhase.Ready => "[yellow]●[/]",
        MemberPhase.Replaying => "[green]●[/]",
        _ => "[blue]●[/]",
    };
}
