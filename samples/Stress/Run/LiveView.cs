using System.Globalization;
using McCache.Stress.Faults;
using McCache.Stress.Shared;
using Spectre.Console;

namespace McCache.Stress.Run;

/// <summary>Progress on standard error: a live table on a terminal, a line every few seconds elsewhere.</summary>
internal sealed class LiveView(Cluster cluster, FaultPlan plan)
{
    private const int LineEvery = 10;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly long _begin = MonotonicTime.Now;
    private (long At, long[] Operations) _last = (MonotonicTime.Now, new long[cluster.Members.Count]);

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!_console.Profile.Capabilities.Interactive || Console.IsErrorRedirected)
        {
            for (var i = 0; await WaitAsync(cancellationToken); i++)
            {
                if (i % LineEvery == 0)
                    await Console.Error.WriteLineAsync(Line());
            }

            return;
        }

        await _console.Live(Build()).StartAsync(async live =>
        {
            while (await WaitAsync(cancellationToken))
            {
                live.UpdateTarget(Build());
                live.Refresh();
            }
        });
    }

    private static async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(s_period, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    private string Line()
    {
        var total = cluster.Total;
        var states = string.Join(' ', cluster.Members.Select(member => member.State));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{MonotonicTime.SecondsSince(_begin),6:F0} s  {states}, table {cluster.Table.State}  operations {total.Operations:N0}  verbs {total.CoherentVerbs:N0}  "
            + $"stale {total.StaleReads}  {plan.Now}");
    }

    private Spectre.Console.Table Build()
    {
        var total = cluster.Total;
        var table = new Spectre.Console.Table().Border(TableBorder.Rounded).Title(Markup.Escape($"{MonotonicTime.SecondsSince(_begin):F0} s, {plan.Now}"));
        foreach (var column in new[] { "", "state", "operations/s", "coherent verbs", "in flight", "longest s", "hit ratio", "entries", "RSS MiB", "stale" })
            table.AddColumn(new TableColumn(column) { Alignment = column is "" or "state" ? Justify.Left : Justify.Right });
        var (now, operations) = (MonotonicTime.Now, cluster.Members.Select(member => member.Total.Operations).ToArray());
        var seconds = Math.Max(0.001, MonotonicTime.Seconds(now - _last.At));
        foreach (var member in cluster.Members)
        {
            var (latest, sum, index) = (member.Latest, member.Total, member.Place.Index);
            table.AddRow(
                member.Place.IsClient ? $"[aqua]{member.Place}[/]" : $"{member.Place}",
                member.State,
                $"{(operations[index] - _last.Operations[index]) / seconds:N0}",
                $"{sum.CoherentVerbs:N0}",
                $"{latest.VerbsInFlight}",
                $"{sum.LongestVerbSeconds:F1}",
                $"{latest.HitRatio:P1}",
                $"{latest.Entries:N0}",
                $"{member.Memory.Latest >> 20}",
                $"{sum.StaleReads}");
        }

        _last = (now, operations);
        var counts = string.Join(", ", plan.Records.GroupBy(record => record.Fault).Select(group => $"{group.Key} {group.Count()}"));
        return table.Caption(Markup.Escape(
            $"table {cluster.Table.State}; {counts}; restarts {cluster.Members.Sum(member => member.Restarts)}; batches lost {total.Drops:N0};{(cluster.Clients.Count > 0 ? $" gateways changed {total.Moves:N0} times;" : "")} reads checked {total.Reads:N0}"));
    }
}
