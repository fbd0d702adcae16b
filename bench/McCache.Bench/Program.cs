using System.CommandLine;
using McCache.Bench.HitRatios;
using McCache.Bench.Hits;
using McCache.Bench.Large;
using McCache.Bench.Scale;

var root = new RootCommand("The benchmarks of McCache. Every figure stands beside a baseline of the same run: trust ratios, not nanoseconds.")
{
    HitCommand.Create(),
    HitRatioCommand.Create(),
    LargeCommand.Create(),
    ScaleCommand.Create(),
};
foreach (var child in LargeCommand.CreateChildren())
    root.Add(child);
return await root.Parse(args).InvokeAsync();
