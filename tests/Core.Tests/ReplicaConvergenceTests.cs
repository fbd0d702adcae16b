using CsCheck;

namespace McCache.Core.Tests;

/// <summary>Random programs on three replicas that hear of each other's changes in any interleaving: all must end with the same keys, versions, values and order.</summary>
public class ReplicaConvergenceTests
{
    private static readonly int s_iterations = int.Parse(Environment.GetEnvironmentVariable("MCCACHE_SEEDS") ?? "3000", System.Globalization.CultureInfo.InvariantCulture);
    private const int Members = 3, Keys = 4, Rounds = 4;

    private static readonly Gen<(int Verb, int Member, int Key, int Argument)[]> s_programs = Gen.Select(Gen.Int[0, 29], Gen.Int[0, Members - 1], Gen.Int[0, Keys - 1], Gen.Int[0, 99]).Array[1, 120];

    /// <summary>Whether the floor stays below what has reached everybody, or rises with what has reached this very member (then places may differ until a reconciliation).</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void All_members_end_with_the_same_sequence(bool commonFloor, bool updateMovesToLast)
        => Sample(program =>
        {
            var cluster = new Cluster(updateMovesToLast, losses: false, commonFloor);
            cluster.Run(program);
            cluster.DeliverAll();
            if (!commonFloor)
            {
                Assert.Single(cluster.Replicas.Select(replica => replica.Values).Distinct());
                cluster.ReconcileAll(program.Length);
            }

            cluster.CheckEqual();
        });

    [Fact]
    public void What_was_lost_is_mended_by_reconciliations()
        => Sample(program =>
        {
            var cluster = new Cluster(updateMovesToLast: false, losses: true, commonFloor: false);
            cluster.Run(program);
            cluster.DeliverAll();
            cluster.RaiseFloors(program.Length);
            int rounds = 0;
            for (; !cluster.IsEqual; rounds++)
            {
                Assert.True(rounds < Rounds, $"not equal after {Rounds} rounds: {cluster}");
                cluster.ReconcileAll(program.Length + rounds);
            }

            cluster.CheckEqual();
        });

    private static void Sample(Action<(int, int, int, int)[]> run)
        => s_programs.Sample(run, iter: s_iterations, threads: 1, print: program => string.Join("; ", program));

    private enum Kind
    {
        Value,
        Removal,
        Move,
        Clear,
        Tag,
    }

    private sealed record Message(Kind Kind, int Key, int Value, string[] Tags, bool Last)
    {
        internal CacheVersion Version { get; set; }

        internal Place Place { get; set; }
    }

    private sealed class Replica(int id, LocalCache<int, int> cache)
    {
        private readonly CacheVersion[] _seenRemoved = new CacheVersion[Keys];
        private long _clock = 10 * id;

        internal int Id => id;

        internal LocalCache<int, int> Cache => cache;

        internal List<Message> Told { get; } = [];

        /// <summary>How many messages of each publisher have arrived.</summary>
        internal int[] Heard { get; } = new int[Members];

        internal bool HasHole { get; set; }

        internal long Clock => _clock;

        internal string Values => string.Join(" ", cache.ToArray().Select(item => $"{item.Key}={item.Value}").Order());

        internal Told Tell(Message message) => new(Replicas.Hash(message.Key), place =>
        {
            message.Version = new(++_clock, (ulong)id + 1);
            message.Place = place != default ? place : message.Kind == Kind.Move && !message.Last ? Place.AtFront(message.Version) : Place.AtEnd(message.Version);
            Told.Add(message);
            Note(message);
            return message.Version;
        });

        internal void Hear(Message message, bool isLate)
        {
            _clock = Math.Max(_clock, message.Version.Timestamp);
            ulong hash = Replicas.Hash(message.Key);
            var merge = Merge.Ignored;
            switch (message.Kind)
            {
                case Kind.Value:
                    merge = cache.MergeValue(message.Key, hash, message.Version, message.Place, new Packed<int>(message.Value), new(long.MaxValue, message.Tags, null), isLate);
                    break;
                case Kind.Removal:
                    merge = cache.MergeRemoval(message.Key, hash, message.Version, isLate);
                    break;
                case Kind.Move:
                    merge = cache.MergeMove(message.Key, message.Place);
                    break;
                case Kind.Clear:
                    merge = cache.MergeClear(message.Version);
                    break;
                case Kind.Tag:
                    merge = cache.MergeTagRemoval(message.Tags[0], message.Version);
                    break;
            }

            if (merge != Merge.Ignored)
            {
                Note(message);
            }
        }

        /// <summary>At no time is something held that was seen removed by a later version.</summary>
        internal void Check()
        {
            cache.Check();
            for (int key = 0; key < Keys; key++)
            {
                Assert.False(cache.VersionOf(key) < _seenRemoved[key], $"member {id} holds {key} at {cache.VersionOf(key)} and saw it removed at {_seenRemoved[key]}");
            }
        }

        internal void Pull(Replica other, int maxKeys)
        {
            foreach (var state in other.Cache.Everything().Keys.Where(state => state.Fate == KeyFate.Removed && state.Version.Timestamp > cache.Floor))
            {
                NoteRemoved(state.Key, state.Version);
            }

            _clock = Math.Max(_clock, other._clock);
            cache.Pull(other.Cache, maxKeys);
            Check();
        }

        private void Note(Message message)
        {
            if (message.Kind == Kind.Removal)
            {
                NoteRemoved(message.Key, message.Version);
            }
            else if (message.Kind == Kind.Clear)
            {
                for (int key = 0; key < Keys; key++)
                {
                    NoteRemoved(key, message.Version);
                }
            }
        }

        private void NoteRemoved(int key, CacheVersion version) => _seenRemoved[key] = version > _seenRemoved[key] ? version : _seenRemoved[key];
    }

    private sealed class Cluster(bool updateMovesToLast, bool losses, bool commonFloor)
    {
        internal Replica[] Replicas { get; } = [.. Enumerable.Range(0, Members)
            .Select(id => new Replica(id, Tests.Replicas.Make(options => options.UpdateMovesToLast = updateMovesToLast)))];

        internal bool IsEqual => Replicas.Select(replica => replica.Cache.ReplicaDigest).Distinct().Count() == 1;

        internal void Run((int Verb, int Member, int Key, int Argument)[] program)
        {
            for (int step = 0; step < program.Length; step++)
            {
                var (verb, member, key, argument) = program[step];
                Step(verb, Replicas[member], key, argument, step);
                Array.ForEach(Replicas, replica => replica.Check());
            }
        }

        internal void DeliverAll()
        {
            foreach (var replica in Replicas)
            {
                for (int publisher = 0; publisher < Members; publisher++)
                {
                    while (publisher != replica.Id && replica.Heard[publisher] < Replicas[publisher].Told.Count)
                    {
                        replica.Hear(Replicas[publisher].Told[replica.Heard[publisher]++], isLate: false);
                        replica.Check();
                    }
                }
            }

            // Fills are nobody else's, and leave when a member does not serve.
            foreach (var replica in Replicas)
            {
                replica.Cache.Serve(0);
                replica.Cache.Serve(long.MaxValue);
                replica.Check();
            }
        }

        /// <summary>Some of those that miss nothing forget their tombstones.</summary>
        internal void RaiseFloors(int seed)
        {
            var random = new Random(seed);
            Array.ForEach(Replicas.Where(_ => random.Next(3) > 0).ToArray(), RaiseFloor);
        }

        internal void ReconcileAll(int seed)
        {
            var random = new Random(seed);
            var pairs = Replicas.SelectMany(left => Replicas.Where(right => right != left).Select(right => (left, right))).ToArray();
            random.Shuffle(pairs);
            foreach (var (left, right) in pairs)
            {
                left.Pull(right, maxKeys: random.Next(1, 5));
            }
        }

        internal void CheckEqual()
        {
            var first = Replicas[0].Cache;
            foreach (var replica in Replicas)
            {
                Assert.Equal(first.ToArray(), replica.Cache.ToArray());
                Assert.Equal(first.BucketDigests(), replica.Cache.BucketDigests());
                Assert.Equal(first.ReplicaDigest, replica.Cache.ReplicaDigest);
                Assert.All(first.ToArray(), item => Assert.Equal(first.VersionOf(item.Key), replica.Cache.VersionOf(item.Key)));
                replica.Cache.Order();
            }
        }

        public override string ToString()
            => string.Join(" | ", Replicas.Select(replica => $"floor {replica.Cache.Floor}: {string.Join(", ", replica.Cache.Everything().Keys)}"));

        private void Step(int verb, Replica replica, int key, int argument, int value)
        {
            var cache = replica.Cache;
            string[] tags = argument % 3 == 0 ? [$"t{argument % 2}"] : [];
            switch (verb)
            {
                case < 6:
                    cache.Set(key, value, new() { Tags = tags }, replica.Tell(new(Kind.Value, key, value, tags, true)));
                    break;
                case 6:
                    cache.TryAdd(key, value, new() { Tags = tags }, replica.Tell(new(Kind.Value, key, value, tags, true)));
                    break;
                case 7 or 8:
                    cache.Remove(key, out _, replica.Tell(new(Kind.Removal, key, 0, [], true)));
                    break;
                case 9 or 10 or 11:
                    bool last = argument % 2 == 0;
                    if (cache.VersionOf(key) is not null || argument < 10) // fills, too
                    {
                        cache.MoveTo(key, last, replica.Tell(new(Kind.Move, key, 0, [], last)));
                    }

                    break;
                case 12 when argument < 30:
                    cache.Clear(CacheChangeKind.Removed, replica.Tell(new(Kind.Clear, 0, 0, [], true)));
                    break;
                case 13:
                    cache.RemoveByTag($"t{argument % 2}", CacheChangeKind.Removed, replica.Tell(new(Kind.Tag, 0, 0, [$"t{argument % 2}"], true)));
                    break;
                case 14:
                    cache.GetOrAdd(key, _ => value);
                    break;
                case 15:
                    cache.TryGet(key, out _);
                    break;
                case 16:
                    RaiseFloor(replica);
                    break;
                case 17 or 18:
                    Repeat(replica, argument);
                    break;
                case 19 when losses:
                    Lose(replica, argument % Members);
                    break;
                case 20 when losses && argument < 30:
                    replica.Pull(Replicas[argument % Members], maxKeys: 1 + (argument % 4));
                    break;
                default:
                    Deliver(replica, argument % Members);
                    break;
            }
        }

        private void Deliver(Replica replica, int publisher)
        {
            if (publisher != replica.Id && replica.Heard[publisher] < Replicas[publisher].Told.Count)
            {
                replica.Hear(Replicas[publisher].Told[replica.Heard[publisher]++], isLate: false);
            }
        }

        private void Lose(Replica replica, int publisher)
        {
            if (publisher != replica.Id && replica.Heard[publisher] < Replicas[publisher].Told.Count)
            {
                replica.Heard[publisher]++;
                replica.HasHole = true;
            }
        }

        /// <summary>A third member relays what has arrived long ago, or has not yet.</summary>
        private void Repeat(Replica replica, int argument)
        {
            var publisher = Replicas[argument % Members];
            var relayed = publisher.Told.Where(message => message.Kind is Kind.Value or Kind.Removal).ToList();
            if (relayed.Count > 0)
            {
                replica.Hear(relayed[argument % relayed.Count], isLate: true);
            }
        }

        private void RaiseFloor(Replica replica)
        {
            if (commonFloor)
            {
                replica.Cache.RaiseFloor(Replicas.Min(Past));
            }
            else if (!replica.HasHole)
            {
                replica.Cache.RaiseFloor(Past(replica));
            }
        }

        /// <summary>Nothing at or below it is still on its way to a member.</summary>
        private long Past(Replica receiver)
            => Replicas.Min(publisher => publisher != receiver && receiver.Heard[publisher.Id] < publisher.Told.Count
                ? publisher.Told[receiver.Heard[publisher.Id]].Version.Timestamp - 1
                : publisher.Clock);
    }
}
