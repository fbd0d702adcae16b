using System.CommandLine;
using BitFaster.Caching.Lfu;
using BitFaster.Caching.Lru;
using BitFaster.Caching.Scheduler;
using McCache.Core;

namespace McCache.Bench.HitRatios;

/// <summary>How many requests of real traces a cache of a given size answers.</summary>
internal static class HitRatioCommand
{
    private static readonly double[] s_shares = [0.01, 0.05, 0.10, 0.25];

    public static Command Create()
    {
        var (json, quick) = (Report.JsonOption(), new Option<bool>("--quick") { Description = "Measures the same, which takes seconds; here because every command has it." });
        var traces = new Option<DirectoryInfo>("--traces")
        {
            Description = "A folder of traces: text, one key a line, gzip.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(AppContext.BaseDirectory, "traces")),
        };
        traces.AcceptExistingOnly();
        var command = new Command("hitratio", "Hit ratio in per cent, at 1, 5, 10 and 25 % of each trace's distinct keys, beside both of BitFaster's policies.") { traces, json, quick };
        command.SetAction(result => Run(result.GetRequiredValue(traces), result.GetValue(json)));
        return command;
    }

    private static int Run(DirectoryInfo folder, bool json)
    {
        var rows = new List<Row>();
        foreach (var file in folder.GetFiles("*.gz").OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            var (keys, distinct) = Trace.Read(file);
            foreach (var share in s_shares)
            {
                var capacity = Math.Max(3, (int)(distinct * share)); // BitFaster's smallest
                rows.Add(new Row(Trace.NameOf(file), capacity, McCache(keys, capacity), BitFasterLru(keys, capacity), BitFasterLfu(keys, capacity)));
            }
        }

        if (rows.Count == 0)
        {
            Console.Error.WriteLine($"There are no *.gz traces in {folder.FullName}.");
            return 1;
        }

        rows.Add(new Row("mean", 0, rows.Average(row => row.Mccache), rows.Average(row => row.BitfasterLru), rows.Average(row => row.BitfasterLfu)));
        Report.Print(rows, json);
        return 0;
    }

    private static double McCache(int[] keys, int capacity)
    {
        var cache = new LocalCache<int, int>("trace", new CacheOptions { MaxEntries = capacity });
        cache.Serve(long.MaxValue);
        return Measure(keys, key =>
        {
            if (cache.TryGet(key, out _))
                return true;
            cache.Set(key, key, null);
            return false;
        });
    }

    private static double BitFasterLru(int[] keys, int capacity)
    {
        var cache = new ConcurrentLru<int, int>(capacity);
        return Measure(keys, key =>
        {
            if (cache.TryGet(key, out _))
                return true;
            cache.AddOrUpdate(key, key);
            return false;
        });
    }

    private static double BitFasterLfu(int[] keys, int capacity)
    {
        var cache = new ConcurrentLfu<int, int>(1, capacity, new ForegroundScheduler(), EqualityComparer<int>.Default);
        return Measure(keys, key =>
        {
            if (cache.TryGet(key, out _))
                return true;
            cache.AddOrUpdate(key, key);
            return false;
        });
    }

    private static double Measure(int[] keys, Func<int, bool> request)
    {
        var hits = 0;
        foreach (var key in keys)
            hits += request(key) ? 1 : 0;
        return 100.0 * hits / keys.Length;
    }

    private sealed record Row(string Trace, int Capacity, double Mccache, double BitfasterLru, double BitfasterLfu);
}
