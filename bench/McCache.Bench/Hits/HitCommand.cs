using System.CommandLine;
using McCache.Bench.Subjects;

namespace McCache.Bench.Hits;

/// <summary>What a look-up costs, beside the same look-up in a bare dictionary and in other caches.</summary>
internal static class HitCommand
{
    private const int Room = 2 * Keys.Count; // every key stays

    public static Command Create()
    {
        var (json, quick) = (Report.JsonOption(), Report.QuickOption());
        var command = new Command("hit", "Hit with three kinds of keys, and miss, on one thread and on two, beside ConcurrentDictionary, BitFaster, MemoryCache, HybridCache and FusionCache.") { json, quick };
        command.SetAction(async (result, _) =>
        {
            await using var silo = await OneSilo.StartAsync(1, Room);
            Report.Print(Run(silo, new Rounds(result.GetValue(quick))), result.GetValue(json));
            return 0;
        });
        return command;
    }

    private static OperationRow[] Run(OneSilo silo, Rounds rounds)
    {
        var (strings, longs, structs) = (new StringLoops(Keys.Strings), new ValueKeyLoops<long>(Keys.Longs), new ValueKeyLoops<PlaceKey>(Keys.Structs));
        AllSubjects.VisitStrings(silo, Room, strings, isReplicatedToo: false);
        AllSubjects.Visit(silo, Room, longs);
        AllSubjects.Visit(silo, Room, structs);
        return
        [
            .. OperationRow.Measure(rounds, "hit string", strings.Hits, 1, 2),
            .. OperationRow.Measure(rounds, "hit long", longs.Hits, 1, 2),
            .. OperationRow.Measure(rounds, "hit struct", structs.Hits, 1, 2),
            .. OperationRow.Measure(rounds, "miss string", strings.Misses, 1, 2),
        ];
    }

    /// <summary>Each cache with string keys, filled.</summary>
    private sealed class StringLoops(KeySet<string> keys) : IStringVisitor
    {
        public List<Candidate> Hits { get; } = [];

        public List<Candidate> Misses { get; } = [];

        public void Visit<TSubject>(string name, Func<TSubject> create)
            where TSubject : struct, IStringSubject
        {
            var subject = Loops.Filled(create(), keys.All);
            Hits.Add(new Candidate(name, Loops.Get(subject, keys.Drawn, isHit: true)));
            Misses.Add(new Candidate(name, Loops.Get(subject, keys.Absent, isHit: false)));
        }
    }

    /// <summary>Each cache that can have such keys, filled.</summary>
    private sealed class ValueKeyLoops<TKey>(KeySet<TKey> keys) : IVisitor<TKey>
        where TKey : struct
    {
        public List<Candidate> Hits { get; } = [];

        public void Visit<TSubject>(string name, Func<TSubject> create)
            where TSubject : struct, ISubject<TKey>
            => Hits.Add(new Candidate(name, Loops.Get(Loops.Filled(create(), keys.All), keys.Drawn, isHit: true)));
    }
}
