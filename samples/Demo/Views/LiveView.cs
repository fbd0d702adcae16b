using McCache.Demo.Run;
using McCache.Demo.Shared;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace McCache.Demo.Views;

/// <summary>For people: a table that lives while the silos work, and a verdict.</summary>
internal sealed class LiveView(RunState state) : IRunView
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _console = AnsiConsole.Console;
    private readonly List<double> _rates = [];
    private (double Seconds, long Requests) _before;

    public async Task WatchAsync(Task run)
    {
        WriteHeader();
        await _console.Live(Draw()).StartAsync(async live =>
        {
            using var timer = new PeriodicTimer(s_period);
            while (await Task.WhenAny(run, timer.WaitForNextTickAsync().AsTask()) != run)
                live.UpdateTarget(Draw());
            live.UpdateTarget(Draw());
        });
    }

    public void Close(Outcome outcome)
    {
        var (color, mark) = outcome switch
        {
            { Failure: not null } => ("red", "✗"),
            { IsInterrupted: true } => ("yellow", "■"),
            _ => ("green", "✓"),
        };
        _console.MarkupLine($"[{color}]{mark} {Markup.Escape(Verdict.Of(outcome))}[/]");
    }

    private void WriteHeader()
    {
        var (options, trace) = (state.Options, state.Trace);
        _console.WriteLine();
        _console.MarkupLine("[bold]McCache for Orleans[/]  [grey]a cache in every silo's own memory, coherent[/]");
        _console.MarkupLine(
            $"{options.Silos} silo processes{Clients(options.Clients)} in front of one SQLite database replay the trace [bold]{Markup.Escape(trace.Name)}[/]: "
            + $"{trace.Requests.Count:N0} requests for {trace.Pages.Count:N0} pages, of which each may hold {trace.CacheCapacity(options.Coherence):N0}.");
        _console.MarkupLine(
            $"{100 * options.Updates:0.##} % of the requests are followed by an update of the page in the database, and "
            + (options.Sabotage ? "[red]nobody tells the caches[/]." : $"[bold]await pages.{(options.Coherence == Coherence.Replicate ? "SetAsync(key, page)" : "RemoveAsync(key)")}[/]."));
        _console.MarkupLine("Checked: no request that begins after such a verb has completed, on any silo or client, gets the older page.");
        _console.WriteLine();
    }

    private static string Clients(int count) => count switch
    {
        0 => "",
        1 => " and a client process outside the cluster",
        _ => $" and {count} client processes outside the cluster",
    };

    private Rows Draw()
    {
        var reports = state.Members.Select(member => member.Report).ToArray();
        var seconds = reports.Select(report => report.Seconds).DefaultIfEmpty().Max();
        var requests = reports.Sum(report => report.Requests);
        if (seconds - _before.Seconds > 0.2)
        {
            _rates.Add((requests - _before.Requests) / (seconds - _before.Seconds));
            _before = (seconds, requests);
        }

        List<IRenderable> lines = [];
        if (state.Dashboard is { } dashboard)
            lines.Add(new Markup($"[grey]dashboard[/] [link={dashboard}]{dashboard}[/]"));
        if (reports.Length > 0)
            lines.Add(MemberTable.Of(state, _console.Profile.Width));
        if (seconds == 0)
        {
            lines.Add(new Markup($"[grey]{Markup.Escape(state.Step)} …[/]"));
            return new Rows(lines);
        }

        lines.Add(Progress(seconds));
        lines.Add(new Markup($"[grey]requests per second[/] [aqua]{Figures.Sparkline(_rates, 40)}[/] {Figures.Count(_rates.LastOrDefault(), isShort: false)}"));
        lines.Add(Checks(reports));
        return new Rows(lines);
    }

    private Markup Progress(double seconds)
    {
        const int Width = 40;
        var done = (int)Math.Min(Width, seconds / state.Options.Seconds * Width);
        return new Markup(
            $"[green]{new string('━', done)}[/][grey37]{new string('━', Width - done)}[/] "
            + $"{Math.Min(seconds, state.Options.Seconds):0} of {state.Options.Seconds:N0} s  [grey]{Markup.Escape(state.Step)}[/]");
    }

    private static Markup Checks(MemberReport[] reports)
    {
        var stale = reports.Sum(report => report.StaleReads);
        return new Markup(
            $"{reports.Sum(report => report.Updates):N0} updates, {reports.Sum(report => report.CoherentVerbs):N0} coherent verbs completed everywhere, "
            + (stale == 0 ? "[green]0 stale reads[/]" : $"[bold red]{stale:N0} stale reads[/]"));
    }
}
