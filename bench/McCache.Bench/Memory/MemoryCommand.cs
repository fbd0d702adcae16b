using System.CommandLine;
using McCache.Bench.Subjects;

namespace McCache.Bench.Memory;

/// <summary>What an entry takes beyond its key and its value.</summary>
internal static class MemoryCommand
{
    public static Command Create()
    {
        var (json, quick) = (Report.JsonOption(), Report.QuickOption());
        var command = new Command("memory", "Bytes per entry, keys and values aside, beside ConcurrentDictionary, BitFaster, MemoryCache, HybridCache and FusionCache.") { json, quick };
        command.SetAction(async (result, _) =>
        {
            var rounds = result.GetValue(quick) ? 1 : 3;
            await using var silo = await OneSilo.StartAsync(rounds, Retained.Entries);
            var caches = new Caches();
            AllSubjects.VisitStrings(silo, Retained.Entries, caches, isReplicatedToo: true);
            Report.Print(Measure(caches.Measures, rounds), result.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Row[] Measure(List<(string Name, Func<Retained> Measure)> caches, int rounds)
    {
        var measured = new List<Retained>[caches.Count];
        for (var round = 1; round <= rounds; round++)
        {
            Console.Error.WriteLine($"round {round}");
            for (var i = 0; i < caches.Count; i++)
                (measured[i] ??= []).Add(caches[i].Measure());
        }

        var bytes = measured.Select(all => Rounds.Median(all.Select(one => one.BytesPerEntry))).ToArray();
        var tlru = bytes[caches.FindIndex(cache => cache.Name == AllSubjects.TLru)];
        return
        [
            .. caches.Select((cache, i) => new Row(
                cache.Name, measured[i][0].Count, Math.Round(bytes[i], 1), Math.Round(bytes[i] / bytes[0], 3), Math.Round(bytes[i] / tlru, 3))).OrderBy(row => row.Ratio),
        ];
    }

    private sealed record Row(string Cache, int Entries, double BytesPerEntry, double Ratio, double RatioToTLru);

    /// <summary>How each cache is measured.</summary>
    private sealed class Caches : IStringVisitor
    {
        public List<(string Name, Func<Retained> Measure)> Measures { get; } = [];

        public void Visit<TSubject>(string name, Func<TSubject> create)
            where TSubject : struct, IStringSubject
            => Measures.Add((name, () => Retained.By(create)));
    }
}
