using System.CommandLine;
using McCache.Bench.HitRatios;
using McCache.Bench.Hits;

var root = new RootCommand("The benchmarks of McCache. Every figure stands beside a baseline of the same run: trust ratios, not nanoseconds.")
{
    HitCommand.Create(),
    HitRatioCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
