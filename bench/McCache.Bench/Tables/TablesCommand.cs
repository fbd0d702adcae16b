using System.CommandLine;
using McCache.Bench.Memory;
using McCache.Bench.Subjects;

namespace McCache.Bench.Tables;

/// <summary>The framework's hash table against one without locks, under the load that a cache puts on its table.</summary>
internal static class TablesCommand
{
    private const int Room = Keys.Count;
    private static readonly string[] s_names = ["ConcurrentDictionary", "NonBlocking"];

    public static Command Create()
    {
        var (json, quick) = (Report.JsonOption(), Report.QuickOption());
        var command = new Command("tables", "ConcurrentDictionary beside NonBlocking.ConcurrentDictionary: reads, writes, churn, both at once, memory.") { json, quick };
        command.SetAction(result =>
        {
            Row[] rows = [.. Run(new Rounds(result.GetValue(quick))), .. Grow(result.GetValue(quick) ? 3 : 9)];
            Report.Print(rows, result.GetValue(json));
        });
        return command;
    }

    private static IEnumerable<Row> Run(Rounds rounds)
    {
        var (strings, longs) = (Keys.Strings, Keys.Longs);
        var (framework, other) = (Loops.Filled(new ConcurrentDictionarySubject(), strings.All), Loops.Filled(new NonBlockingSubject(), strings.All));
        Candidate[] hits = [Hit(0, framework), Hit(1, other)];
        Candidate[] longHits =
        [
            new(s_names[0], Loops.Get(Loops.Filled(new ConcurrentDictionarySubject<long>(), longs.All), longs.Drawn, isHit: true)),
            new(s_names[1], Loops.Get(Loops.Filled(new NonBlockingSubject<long>(), longs.All), longs.Drawn, isHit: true)),
        ];
        Candidate[] misses = [Miss(0, framework), Miss(1, other)];
        Candidate[] sets = [Set(0, framework), Set(1, other)];
        Candidate[] churn = [Churn(0, new ConcurrentDictionarySubject()), Churn(1, new NonBlockingSubject())];
        Candidate[] sameKeys = [Again(0, new ConcurrentDictionarySubject()), Again(1, new NonBlockingSubject())];
        return
        [
            .. Measure("hit string", hits, 1, 2),
            .. Measure("hit long", longHits, 1, 2),
            .. Measure("miss string", misses, 1, 2),
            .. Measure("set existing", sets, 1),
            .. Measure("insert + remove, new keys", churn, 1),
            .. Measure("insert + remove, same keys", sameKeys, 1),
            .. Measure("hit beside a writer", Both(hits, sets), 2),
            .. Measure("set beside a reader", Both(sets, hits), 2),
            .. Measure("hit beside churn", [Beside(0, framework), Beside(1, other)], 2),
        ];

        IEnumerable<Row> Measure(string scenario, Candidate[] candidates, params int[] threads)
            => rounds.Measure(scenario, candidates, threads).Select(figure => new Row(figure.Name, scenario, figure.Threads, figure.NsPerOperation, figure.Ratio, figure.BytesPerOperation));

        Candidate Hit<TSubject>(int name, TSubject table)
            where TSubject : struct, IStringSubject
            => new(s_names[name], Loops.Get(table, strings.Drawn, isHit: true));

        Candidate Miss<TSubject>(int name, TSubject table)
            where TSubject : struct, IStringSubject
            => new(s_names[name], Loops.Get(table, strings.Absent, isHit: false));

        Candidate Set<TSubject>(int name, TSubject table)
            where TSubject : struct, IStringSubject
            => new(s_names[name], Loops.Set(table, strings.Drawn));

        Candidate Churn<TSubject>(int name, TSubject table)
            where TSubject : struct, IStringSubject
            => new(s_names[name], Loops.MissSetEvict(table, strings.Absent, Room));

        Candidate Again<TSubject>(int name, TSubject table)
            where TSubject : struct, IStringSubject
            => new(s_names[name], Loops.SetAndRemove(table, strings.Drawn));

        Candidate Beside<TSubject>(int name, TSubject table)
            where TSubject : struct, IStringSubject
            => Hit(name, table) with { Beside = Churn(name, table).Loop };

        static Candidate[] Both(Candidate[] counted, Candidate[] beside) => [.. counted.Zip(beside, (one, other) => one with { Beside = other.Loop })];
    }

    private static IEnumerable<Row> Grow(int rounds)
    {
        const string Scenario = "grow to 100,000 entries";
        Console.Error.WriteLine(Scenario);
        var (framework, other) = (new List<Retained>(), new List<Retained>());
        for (var round = -1; round < rounds; round++)
        {
            var (one, two) = (Retained.By(() => new ConcurrentDictionarySubject()), Retained.By(() => new NonBlockingSubject()));
            if (round < 0)
                continue;
            framework.Add(one);
            other.Add(two);
        }

        return new[] { framework, other }.Select((grown, i) => new Row(
            s_names[i],
            Scenario,
            1,
            Math.Round(Rounds.Median(grown.Select(one => one.NanosecondsPerInsertion)), 2),
            Math.Round(Rounds.Median(grown.Zip(framework, (one, baseline) => one.NanosecondsPerInsertion / baseline.NanosecondsPerInsertion)), 3),
            Math.Round(Rounds.Median(grown.Select(one => one.BytesPerEntry)), 1)));
    }

    private sealed record Row(string Table, string Scenario, int Threads, double NsPerOperation, double Ratio, double BytesPerOperation);
}
