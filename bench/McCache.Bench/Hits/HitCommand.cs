using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace McCache.Bench.Hits;

/// <summary>What one operation costs, beside the same operation on a bare dictionary and on other caches.</summary>
internal static class HitCommand
{
    public static Command Create()
    {
        var json = Report.JsonOption();
        var command = new Command("hit", "Hit, miss, set and fill, on one thread and on two, beside ConcurrentDictionary, MemoryCache and BitFaster.") { json };
        command.SetAction(result => Run(result.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithIterationCount(5))
            .AddLogger(new Progress())
            .WithOptions(ConfigOptions.DisableLogFile);
        config.AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance);
        var reports = BenchmarkSwitcher.FromTypes([typeof(HitBenchmarks<>)]).RunAll(config).SelectMany(summary => summary.Reports).ToArray();
        if (reports.Any(report => !report.Success))
        {
            Console.Error.WriteLine("A benchmark failed to run.");
            return 1;
        }

        var rows = reports.Select(ToRow).ToArray();
        var baselines = rows.Where(row => row.Cache == "ConcurrentDictionary").ToDictionary(row => (row.Scenario, row.Threads), row => row.NsPerOperation);
        Report.Print(
            [.. rows.Select(row => row with { Ratio = row.NsPerOperation / baselines[(row.Scenario, row.Threads)] })
                .OrderBy(row => row.Scenario, StringComparer.Ordinal).ThenBy(row => row.Threads).ThenBy(row => row.Ratio)],
            json);
        return 0;
    }

    private static Row ToRow(BenchmarkReport report)
    {
        var benchmark = report.BenchmarkCase;
        return new Row(
            benchmark.Descriptor.Type.GenericTypeArguments[0].Name.Replace("Subject", "", StringComparison.Ordinal),
            benchmark.Descriptor.WorkloadMethod.Name.ToLowerInvariant(),
            (int)benchmark.Parameters["Threads"],
            report.ResultStatistics!.Median,
            0,
            report.GcStats.GetBytesAllocatedPerOperation(benchmark) ?? 0);
    }

    private sealed record Row(string Cache, string Scenario, int Threads, double NsPerOperation, double Ratio, long BytesPerOperation);

    /// <summary>One line a benchmark on stderr, so that stdout keeps to the rows.</summary>
    private sealed class Progress : ILogger
    {
        public string Id => nameof(Progress);

        public int Priority => 0;

        public void Write(LogKind logKind, string text) => Show(logKind, text);

        public void WriteLine()
        {
        }

        public void WriteLine(LogKind logKind, string text) => Show(logKind, text + Environment.NewLine);

        public void Flush()
        {
        }

        private static void Show(LogKind kind, string text)
        {
            if (kind is LogKind.Error || text.StartsWith("// Benchmark: ", StringComparison.Ordinal))
                Console.Error.Write(text);
        }
    }
}
