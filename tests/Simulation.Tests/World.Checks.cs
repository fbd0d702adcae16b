using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using McCache.Core;
using McCache.Streaming;

namespace McCache.Simulation.Tests;

/// <content>The properties of docs/consistency.md.</content>
internal sealed partial class World
{
    private const double End = 130;
    private const double CheckPeriod = 2;
    private const double MaxDelay = 3.1; // of the last message of one that is no more
    private const double LeaseEnd = 5 * 1.1 * 1.02;

    internal List<string> Violations { get; } = [];

    internal static World Run(Plan plan, Rule off = Rule.None)
    {
        var world = new World(plan, off);
        world.At(1, world.Load);
        world.At(Plan.FaultsEnd, world.Heal);
        for (var at = CheckPeriod; at < End; at += CheckPeriod)
            world.At(at, world.CheckBounds);
        try
        {
            world.RunUntil(End);
            world.CheckEnd();
        }
        catch (Exception exception)
        {
            world.Violate($"threw: {exception}");
        }

        return world;
    }

    internal void Violate(string what) => Violations.Add($"{what} (at {Queue.Now})");

    /// <summary>P1: no read that starts after a coherent verb has returned yields what it superseded.</summary>
    internal void CheckHit(SimulatedMember member, string how, int key, int value)
    {
        Queue.Fold(value);
        if (value < Completed[key])
            Violate($"P1: {member.Address}, {how}: {key} is {value}, although {Completed[key]} had completed");
    }

    /// <summary>P2: what a factory read before a write completed is not returned to a caller that came after. (That it is not cached is P1.)</summary>
    internal void CheckFill(SimulatedMember member, string how, int key, int value, int floor, TimeSpan began)
    {
        Queue.Fold(value);
        if (value < floor)
            Violate($"P2: {member.Address}, {how} a fill, began at {began}: {key} is {value}, although {floor} had completed");
    }

    /// <summary>P5: whatever is held stays within its bounds, and the structures agree with each other.</summary>
    internal void CheckBounds()
    {
        foreach (var silo in Alive)
        {
            silo.Local.Check();
            CheckRemoved(silo);
            CheckAttached(silo, Require);
            Require(Inside.Peers(silo.Member).All(peer => peer.Depth <= MaxLane), "a lane is too long");
            Require(Inside.Peers(silo.Member).Count() < Silos.Count, "there are too many lanes");
            Require(Inside.Count(silo.Member, "_publishers") < Silos.Count, "there are too many publishers");
            Require(Inside.Count(silo.Member, "_early") <= MaxLane, "too much is kept from before the start");
            // One for the stream that only clients listen to, of which it tells the other silos.
            Require(Inside.Count(silo.Member, "_pending") <= silo.Pending + silo.Making + silo.GapsTold + 1, "there are more pending publishes than callers");
            Require(Inside.Count(silo.Member, "_settled") <= silo.Pending + silo.Making + silo.GapsTold + 1, "there are more settled publishes than callers");
            Require(Inside.Count(silo.Local, "_flights") <= silo.Reads, "there are more flights than callers");
            Require(Inside.Count(silo.Local, "_blockingFlights") == 0, "a synchronous flight has not ended");

            void Require(bool condition, string problem)
            {
                if (!condition)
                    Violate($"P5: {silo.Address}: {problem}");
            }
        }

        foreach (var client in AliveClients.Where(client => client.HasCache))
        {
            client.Local.Check();
            Require(Inside.SentFrames(client.Member) <= MaxLane, "too much is remembered that is not settled");
            Require(Inside.Session(client.Member) is not { } session || session.Sender.Depth <= MaxLane, "the lane is too long");
            Require(Inside.Count(client.Member, "_pending") <= client.Pending, "there are more pending publishes than callers");
            Require(Inside.Count(client.Member, "_settled") <= client.Pending, "there are more settled publishes than callers");
            Require(Inside.Count(client.Local, "_flights") <= client.Reads, "there are more flights than callers");

            void Require(bool condition, string problem)
            {
                if (!condition)
                    Violate($"P5: {client}: {problem}");
            }
        }
    }

    /// <summary>P5, of a gateway: its clients' lanes are bounded, and of a client that has gone nothing is left once its lease has run out.</summary>
    private void CheckAttached(SimulatedSilo silo, Action<bool, string> require)
    {
        AttachedClient[] attached = [.. Inside.Attached(silo.Member)];
        Tally.Add(Seen.ClientOfTwoGateways, attached.Length > 0 && Alive.Sum(silo => silo.Member.Clients) > AliveClients.Count() ? 1 : 0);
        require(silo.Member.Clients == attached.Length, "clients are counted wrong");
        require(attached.All(client => client.Depth <= MaxLane), "the lane to a client is too long");
        require(silo.Member.Streams.All.SelectMany(stream => stream.Value.Clients).All(attached.Contains), "a stream has listeners that have gone");
        if (silo.LastPauseEnds + TimeSpan.FromSeconds(LeaseEnd) < Queue.Now)
            require(!attached.Select(silo.ClientOf).Any(client => client.GoneSince + TimeSpan.FromSeconds(LeaseEnd + MaxDelay) < Queue.Now), "it keeps a client that has gone");
    }

    /// <summary>What holds after quiet: whatever was waited for has come, nothing is left behind, and P4.</summary>
    internal void CheckEnd()
    {
        CheckBounds();
        foreach (var failed in _tasks.Where(task => task.IsFaulted))
            Violate($"threw: {failed.Exception!.InnerException}");
        SimulatedSilo[] survivors = [.. Alive.Where(silo => IsLive(silo.Address))];
        foreach (var silo in Silos.Values)
        {
            var counters = silo.Member.Counters;
            Tally.Add(Seen.LaneOverflowed, counters.Gaps(GapReason.LaneFull));
            Tally.Add(Seen.Relayed, counters.Relayed);
            var repeats = silo.Replica?.Replica.Repeats ?? 0;
            Tally.Add(Seen.MadeAgain, repeats);
            Tally.Add(Seen.HoleLost, silo.Replica?.Replica.LostHoles ?? 0);
            Tally.Add(Seen.LargePulled, silo.Replica?.Replica.Pulled ?? 0);
            if (counters.Published + silo.Unheard != silo.Writes + silo.MadeForClients + silo.GapsTold + repeats && silo.Replica is not { IsEarly: true })
                Violate($"P4: {silo.Address} has published {counters.Published} frames for {silo.Writes} writes, {silo.MadeForClients} of clients and {silo.GapsTold} of their gaps, {repeats} of them made again");
        }

        foreach (var silo in Alive.Where(silo => silo.Pending > 0 && (silo.IsSelfDead || IsLive(silo.Address))))
            Violate($"liveness: {silo.Address} has {silo.Pending} verbs that do not return; dead: {silo.IsSelfDead}");
        foreach (var silo in survivors)
        {
            var peers = Inside.Peers(silo.Member).ToArray();
            if (!silo.IsStarted || !silo.IsServing)
                Violate($"liveness: {silo.Address} is {(silo.IsStarted ? "not valid" : "not started")}");
            if (silo.Reads > 0 || Inside.Count(silo.Local, "_flights") > 0)
                Violate($"liveness: {silo.Address} has {silo.Reads} reads that do not return");
            if (peers.Any(peer => !peer.IsDrained))
                Violate($"liveness: {silo.Address} has frames on its lanes");
            if (!peers.Select(peer => peer.Silo).ToHashSet().SetEquals(survivors.Where(other => other != silo).Select(other => other.Address)))
                Violate($"liveness: {silo.Address} has lanes to {string.Join(", ", peers.Select(peer => peer.Silo))}, not to {string.Join(", ", survivors.Where(other => other != silo))}");
            if (Inside.Publishers(silo.Member).Any(publisher => !IsLive(publisher)))
                Violate($"P5: {silo.Address} remembers publishers that have gone");
        }

        SimulatedClient[] clients = [.. AliveClients.Where(client => client.HasCache)];
        foreach (var client in survivors.Length == 0 ? [] : clients)
            CheckEnd(client, survivors);
        if (Plan.IsReplicated)
        {
            CheckConvergence(survivors);
            CheckNear(clients, survivors);
        }
        else
        {
            CheckAgreement([.. survivors, .. clients]);
        }
    }

    /// <summary>What holds after quiet at a client.</summary>
    private void CheckEnd(SimulatedClient client, SimulatedSilo[] survivors)
    {
        if (client.Member.Counters.Published != client.Writes)
            Violate($"P4: {client} has published {client.Member.Counters.Published} frames for {client.Writes} writes");
        if (!client.IsServing || !survivors.Any(silo => silo.Address.Equals(client.Member.Gateway)))
            Violate($"liveness: {client} serves nothing");
        if (client.Pending > 0 || client.Reads > 0)
            Violate($"liveness: {client} has {client.Pending} verbs and {client.Reads} reads that do not return");
        if (Inside.SentFrames(client.Member) > 0 || Inside.Session(client.Member) is { Sender.IsDrained: false })
            Violate($"liveness: {client} waits for its gateway");
        foreach (var (key, value) in client.View.ToArray())
            CheckHit(client, "at the end", key, value);
    }

    /// <summary>After quiet no client of a replicated cache holds what is older than what the silos hold. (Fills aside, which silos do not tell each other either.)</summary>
    private void CheckNear(SimulatedClient[] clients, SimulatedSilo[] survivors)
    {
        foreach (var state in survivors.Length == 0 ? [] : Held(survivors[0]))
        {
            var expected = survivors[0].View[state.Key];
            foreach (var client in clients)
            {
                if (client.View.TryGetValue(state.Key, out var value) && value < expected)
                    Violate($"P3: {client} holds {value} for {state.Key}, and the silos {expected}");
            }
        }
    }

    /// <summary>P3: no silo holds what it has seen removed by a later version.</summary>
    private void CheckRemoved(SimulatedSilo silo)
    {
        foreach (var state in silo.Replica is null ? [] : Held(silo))
        {
            if (state.Version < silo.SeenRemoved[state.Key])
                Violate($"P3: {silo.Address} holds {state.Key} at {state.Version}, and has seen its removal at {silo.SeenRemoved[state.Key]}");
        }
    }

    /// <summary>P3: after quiet all hold the same entries, versions and order.</summary>
    private void CheckConvergence(SimulatedSilo[] survivors)
    {
        foreach (var state in survivors.Length == 0 ? [] : Held(survivors[0]))
        {
            var removed = survivors.Max(silo => silo.SeenRemoved[state.Key]);
            if (state.Version < removed)
                Violate($"P3: all hold {state.Key} at {state.Version}, and one has seen its removal at {removed}");
        }

        foreach (var silo in survivors)
        {
            if (!silo.Replica!.IsWhole)
                Violate($"liveness: {silo.Address} still lacks something");
            if (!AreEqual(silo, survivors[0]))
                Violate($"P3: {silo.Address} holds {Describe(silo)}, and {survivors[0].Address} {Describe(survivors[0])}");
            foreach (var state in Held(silo))
            {
                if (survivors[0].View.TryGetValue(state.Key, out var value) && silo.View[state.Key] != value)
                    Violate($"P3: {state.Key} is {silo.View[state.Key]} at {silo.Address} and {survivors[0].View[state.Key]} at {survivors[0].Address}");
            }

            var order = silo.View.Keys.Where(key => Held(silo).Any(state => state.Key == key));
            if (!order.SequenceEqual(Held(silo).Select(state => state.Key)))
                Violate($"P3: {silo.Address} enumerates in another order than its places are in");
        }

        // What is as good as evicted at one, and only that, need not be there.
        static bool AreEqual(SimulatedSilo left, SimulatedSilo right)
        {
            KeyState<int>[] here = Held(left), there = Held(right);
            if (here.SequenceEqual(there))
                return left.Local.ReplicaDigest == right.Local.ReplicaDigest;
            KeyState<int>[] onlyHere = [.. here.Except(there)], onlyThere = [.. there.Except(here)];
            return here.Intersect(there).SequenceEqual(there.Intersect(here))
                && !onlyHere.Select(state => state.Key).Intersect(onlyThere.Select(state => state.Key)).Any()
                && onlyHere.All(state => state.Version <= Inside.LastEvicted(right.Local))
                && onlyThere.All(state => state.Version <= Inside.LastEvicted(left.Local));
        }

        static string Describe(SimulatedSilo silo) => $"{(silo.Local.IsPartial ? "in part " : "")}" + string.Join(", ", Held(silo).Select(state => $"{state.Key} {state.Version.Timestamp}@{state.Version.Member % 1000} {state.Place}"));
    }

    private static KeyState<int>[] Held(SimulatedSilo silo)
        => [.. silo.Local.Collect(0, ulong.MaxValue, int.MaxValue).Keys.Where(state => state.Fate == KeyFate.Held).OrderBy(state => state.Place)];

    /// <summary>Rule 6: after quiet nobody holds a copy that is older than a write that any survivor has heard of.</summary>
    private void CheckAgreement(SimulatedMember[] survivors)
    {
        for (var key = 0; key < Keys; key++)
        {
            var newest = survivors.MaxBy(member => member.Reached[key]);
            foreach (var member in survivors)
            {
                if (member.Local.TryGet(key, out var value) && value < newest!.Reached[key])
                    Violate($"rule 6: {member.Address} holds {value} for {key}, and {newest.Address} has heard of {newest.Reached[key]}");
            }
        }
    }

    /// <summary>What only the structures' own fields tell.</summary>
    private static class Inside
    {
        private static readonly Dictionary<string, FieldInfo> s_fields = [];

        static Inside()
        {
            Find(typeof(SiloMember), "_publishers", "_early", "_peers", "_clients");
            Find(typeof(ClientMember), "_session", "_sent");
            Find(typeof(SentFrames), "_frames");
            Find(typeof(MulticastMember), "_pending", "_settled");
            Find(typeof(LocalCache<int, int>), "_flights", "_blockingFlights", "_lastEvicted");
        }

        internal static int Count(object owner, string field) => s_fields[field].GetValue(owner) switch
        {
            ICollection collection => collection.Count,
            IReadOnlyCollection<PendingPublish> pending => pending.Count,
            var other => throw new InvalidOperationException($"{field} is {other}"),
        };

        internal static CacheVersion LastEvicted(LocalCache<int, int> cache) => cache.IsPartial ? (CacheVersion)s_fields["_lastEvicted"].GetValue(cache)! : default;

        internal static IEnumerable<AttachedClient> Attached(SiloMember member) => ((IEnumerable<KeyValuePair<ulong, AttachedClient>>)s_fields["_clients"].GetValue(member)!).Select(pair => pair.Value);

        internal static GatewaySession? Session(ClientMember member) => (GatewaySession?)s_fields["_session"].GetValue(member);

        internal static int SentFrames(ClientMember member) => Count(s_fields["_sent"].GetValue(member)!, "_frames");

        internal static IEnumerable<Peer> Peers(SiloMember member) => ((ImmutableDictionary<SiloAddress, Peer>)s_fields["_peers"].GetValue(member)!).Values;

        internal static IEnumerable<SiloAddress> Publishers(SiloMember member) => ((IEnumerable<KeyValuePair<SiloAddress, Publisher>>)s_fields["_publishers"].GetValue(member)!).Select(pair => pair.Key);

        private static void Find(Type type, params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
                s_fields.Add(name, type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic) ?? throw new MissingFieldException(type.Name, name));
        }
    }
}
