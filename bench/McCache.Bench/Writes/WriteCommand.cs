using System.CommandLine;
using McCache.Bench.Subjects;

namespace McCache.Bench.Writes;

/// <summary>What a write costs, beside the same write to a bare dictionary and to other caches.</summary>
internal static class WriteCommand
{
    private const int Room = Keys.Count;
    private const int AmpleRoom = 2 * Keys.Count; // every key stays

    public static Command Create()
    {
        var (json, quick) = (Report.JsonOption(), Report.QuickOption());
        var command = new Command("write", "Set, miss + set + evict, fill and remove, beside ConcurrentDictionary, BitFaster, MemoryCache, HybridCache and FusionCache.") { json, quick };
        command.SetAction(async (result, _) =>
        {
            await using var silo = await OneSilo.StartAsync(2, Room, AmpleRoom);
            Report.Print(Run(silo, new Rounds(result.GetValue(quick))), result.GetValue(json));
            return 0;
        });
        return command;
    }

    private static OperationRow[] Run(OneSilo silo, Rounds rounds)
    {
        var (bounded, ample) = (new BoundedLoops(Keys.Strings), new AmpleLoops(Keys.Strings));
        AllSubjects.VisitStrings(silo, Room, bounded, isReplicatedToo: true);
        AllSubjects.VisitStrings(silo, AmpleRoom, ample, isReplicatedToo: true);
        return
        [
            .. OperationRow.Measure(rounds, "set existing", ample.Sets, 1, 2),
            .. OperationRow.Measure(rounds, "miss + set + evict", bounded.Evictions, 1),
            .. OperationRow.Measure(rounds, "fill", bounded.Fills, 1),
            .. OperationRow.Measure(rounds, "remove", ample.Removals, 1),
        ];
    }

    /// <summary>Each cache, with room for a small part of the keys that are used in turn.</summary>
    private sealed class BoundedLoops(KeySet<string> keys) : IStringVisitor
    {
        public List<Candidate> Evictions { get; } = [];

        public List<Candidate> Fills { get; } = [];

        public void Visit<TSubject>(string name, Func<TSubject> create)
            where TSubject : struct, IStringSubject
        {
            Evictions.Add(new Candidate(name, Loops.MissSetEvict(create(), keys.Absent, Room)));
            Fills.Add(new Candidate(name, Loops.Fill(create(), keys.Absent, Room)));
        }
    }

    /// <summary>Each cache, with room for all keys.</summary>
    private sealed class AmpleLoops(KeySet<string> keys) : IStringVisitor
    {
        public List<Candidate> Sets { get; } = [];

        public List<Candidate> Removals { get; } = [];

        public void Visit<TSubject>(string name, Func<TSubject> create)
            where TSubject : struct, IStringSubject
        {
            Sets.Add(new Candidate(name, Loops.Set(Loops.Filled(create(), keys.All), keys.Drawn)));
            Removals.Add(new Candidate(name, Loops.SetAndRemove(create(), keys.Drawn)));
        }
    }
}
