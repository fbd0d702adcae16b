using System.CommandLine;
using McCache.Bench.Dashboards;
using McCache.Bench.Fills;
using McCache.Bench.HitRatios;
using McCache.Bench.Hits;
using McCache.Bench.Large;
using McCache.Bench.Memory;
using McCache.Bench.Scale;
using McCache.Bench.Seal;
using McCache.Bench.Tables;
using McCache.Bench.Wire;
using McCache.Bench.Writes;

var root = new RootCommand("The benchmarks of McCache. Every figure stands beside a baseline of the same run: trust ratios, not nanoseconds.")
{
    HitCommand.Create(),
    WriteCommand.Create(),
    HitRatioCommand.Create(),
    FillCommand.Create(),
    MemoryCommand.Create(),
    TablesCommand.Create(),
    LargeCommand.Create(),
    CoherenceCommand.Create(),
    ThroughputCommand.Create(),
    ScaleCommand.Create(),
    SealCommand.Create(),
    DashboardCommand.Create(),
};
foreach (var child in LargeCommand.CreateChildren().Concat(WireCommands.CreateChildren()))
    root.Add(child);
return await root.Parse(args).InvokeAsync();
