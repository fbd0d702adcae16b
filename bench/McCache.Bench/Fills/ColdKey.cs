using System.Diagnostics;
using HdrHistogram;
using McCache.Bench.Subjects;

namespace McCache.Bench.Fills;

/// <summary>A cache under measurement: how one of the callers, who are numbered, gets the value of a key.</summary>
internal sealed record Filled(string Name, Func<string, Func<Task<string>>, int, Task<string>> GetAsync);

/// <summary>What the callers have waited, in milliseconds, and the median of each round's ratio of medians; of the factory's runs the most in any round.</summary>
internal sealed record FillRow(string Cache, string Scenario, int FactoryRuns, double P50, double P99, double Max, double Ratio);

/// <summary>Rounds of a thousand tasks that all want one key, which is another one in each round.</summary>
internal static class ColdKey
{
    public const int Room = 10_000;
    private const int Callers = 1_000;
    private const int WarmUpRounds = 10;
    private const long MaxMicroseconds = 60_000_000;
    private static readonly TimeSpan s_factoryTime = TimeSpan.FromMilliseconds(5);

    /// <summary>All in turn, again and again; the first is the baseline.</summary>
    public static async Task<IEnumerable<FillRow>> MeasureAsync(string scenario, int rounds, IReadOnlyList<Filled> caches)
    {
        await Console.Error.WriteLineAsync(scenario);
        var all = caches.Select(_ => new LongHistogram(1, MaxMicroseconds, 3)).ToArray();
        var (medians, runs) = (new double[caches.Count, rounds], new int[caches.Count]);
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            for (var i = 0; i < caches.Count; i++)
            {
                var cache = (i + round + WarmUpRounds) % caches.Count;
                var (waits, count) = await CallAsync(caches[cache], $"{scenario} {round}");
                if (round < 0)
                    continue;
                all[cache].Add(waits);
                medians[cache, round] = waits.GetValueAtPercentile(50);
                runs[cache] = Math.Max(runs[cache], count);
            }
        }

        return caches.Select((cache, i) => new FillRow(
            cache.Name,
            scenario,
            runs[i],
            all[i].GetValueAtPercentile(50) / 1_000.0,
            all[i].GetValueAtPercentile(99) / 1_000.0,
            all[i].GetMaxValue() / 1_000.0,
            Math.Round(Rounds.Median(Enumerable.Range(0, rounds).Select(round => medians[i, round] / medians[0, round])), 3)));
    }

    private static async Task<(LongHistogram Waits, int FactoryRuns)> CallAsync(Filled cache, string key)
    {
        var runs = 0;
        var waits = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var start = Stopwatch.GetTimestamp();
            await cache.GetAsync(key, FactoryAsync, caller);
            return (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        })));
        var histogram = new LongHistogram(1, MaxMicroseconds, 3);
        foreach (var wait in waits)
            histogram.RecordValue(Math.Clamp(wait, 1, MaxMicroseconds));
        return (histogram, runs);

        async Task<string> FactoryAsync()
        {
            Interlocked.Increment(ref runs);
            await Task.Delay(s_factoryTime);
            return Values.Shared;
        }
    }
}
