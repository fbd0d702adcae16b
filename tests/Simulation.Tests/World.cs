using System.Net;
using McCache.Streaming;

namespace McCache.Simulation.Tests;

/// <summary>The world around the silos: the network, the membership table, the database, all from one plan.</summary>
/// <remarks>
/// Every link, every silo and the load have a stream of random numbers of their own, so that leaving a fault out changes as little as it can elsewhere.
/// </remarks>
internal sealed partial class World
{
    internal const int MaxLane = 20;
    internal const int MaxLaneBytes = 1_500;
    private const int FirstClient = 1_000; // above every silo's generation
    private static readonly double[] s_delays = [0.001, 0.01, 0.05, 0.5, 2];
    private readonly Dictionary<SiloAddress, SiloStatus> _table = [];
    private readonly HashSet<(SiloAddress From, SiloAddress To)> _cuts = [];
    private readonly Dictionary<(SiloAddress From, SiloAddress To), (Random Random, long Sent, long Latest)> _links = [];
    private readonly List<Task> _tasks = [];
    private long _version;
    private int _generation;
    private bool _isLossy;
    private bool _isGossipLate;

    internal World(Plan plan, Rule off = Rule.None)
    {
        (Plan, Off) = (plan, off);
        _load = Stream(2, 0);
        HasDrift = plan.Faults.Any(fault => fault.Kind == FaultKind.Drift);
        var random = Stream(3, 0);
        for (var i = 0; i < plan.FirstSilos; i++)
            At(i * Between(random, 0, 3), () => Start(null));
        var late = Stream(5, 0);
        for (var i = 0; i < plan.Clients; i++)
            At(late.Next(2) == 0 ? 0 : Between(late, 5, 30), () => StartClient());
        foreach (var fault in plan.Faults)
            At(fault.At, () => Inject(fault));
    }

    internal Plan Plan { get; }

    internal Rule Off { get; }

    internal bool HasDrift { get; }

    internal EventQueue Queue { get; } = new();

    internal Tally Tally { get; } = new();

    internal bool IsLossy => _isLossy;

    internal Dictionary<SiloAddress, SimulatedSilo> Silos { get; } = [];

    internal IEnumerable<SimulatedSilo> Alive => Silos.Values.Where(silo => !silo.IsCrashed);

    internal Dictionary<SiloAddress, SimulatedClient> Clients { get; } = [];

    internal IEnumerable<SimulatedClient> AliveClients => Clients.Values.Where(client => !client.IsCrashed);

    /// <summary>When set: what a message takes, or null when it is lost.</summary>
    internal Func<SiloAddress, SiloAddress, double?>? Delay { get; set; }

    /// <summary>When set: what the news of the membership takes to a silo, or null when it does not come.</summary>
    internal Func<SiloAddress, double?>? GossipDelay { get; set; }

    internal Random Stream(int what, int which) => new(unchecked((((Plan.Seed * 31) + what) * 486_187_739) + (which * 16_777_619)));

    internal double Between(Random random, double from, double to) => from + ((to - from) * random.NextDouble());

    internal void After(double seconds, Action action) => Queue.After(TimeSpan.FromSeconds(seconds), action);

    /// <summary>Does something at a time, in seconds from the beginning.</summary>
    internal void At(double seconds, Action action) => Queue.After(TimeSpan.FromSeconds(seconds) - Queue.Now, action);

    internal void RunUntil(double seconds) => Queue.RunUntil(TimeSpan.FromSeconds(seconds));

    internal void Do(Task task) => _tasks.Add(task);

    // Membership ------------------------------------------------------------------------------------------------------------------------

    internal SimulatedSilo Start(SiloAddress? place)
    {
        var generation = ++_generation;
        var silo = new SimulatedSilo(this, SiloAddress.New(new SteadyEndpoint(place?.Endpoint.Port ?? (1_000 + generation)), generation));
        Silos.Add(silo.Address, silo);
        Tally.Add(place is null ? Seen.Joined : Seen.RestartedAtItsAddress);
        if (place is not null)
            WriteTable(place, SiloStatus.Dead);
        WriteTable(silo.Address, SiloStatus.Joining);
        silo.After(Between(silo.Random, 0, 1), () =>
        {
            WriteTable(silo.Address, SiloStatus.Active);
            if (Off != Rule.FreshView)
                silo.Lease.Observe(Rows());
            silo.Lease.Begin();
        });
        return silo;
    }

    internal SimulatedClient StartClient()
    {
        var number = Clients.Count + 1;
        var client = new SimulatedClient(this, SiloAddress.New(new SteadyEndpoint(10_000 + number), FirstClient + number));
        Clients.Add(client.Address, client);
        Tally.Add(Seen.ClientStarted);
        return client;
    }

    internal bool IsLive(SiloAddress silo) => ClusterView.IsLive(_table.GetValueOrDefault(silo));

    internal void WriteTable(SiloAddress silo, SiloStatus status)
    {
        if (_table.TryGetValue(silo, out var known) ? known == SiloStatus.Dead : status != SiloStatus.Joining)
            return;
        _table[silo] = status;
        if (status == SiloStatus.ShuttingDown)
            Tally.Add(Seen.ShutDown);
        if (status == SiloStatus.Dead)
        {
            var dead = Silos[silo];
            Tally.Add(Seen.DeclaredDeadAlive, dead.IsCrashed ? 0 : 1);
            if (dead.Random.Next(3) == 0)
            {
                After(Between(dead.Random, 15, 40), () =>
                {
                    _table.Remove(silo);
                    Tally.Add(Seen.RowVanished);
                    Gossip();
                });
            }
        }

        Gossip();
    }

    internal TaskCompletionSource<ClusterRows> ReadTable(SimulatedSilo silo)
    {
        var read = new TaskCompletionSource<ClusterRows>();
        silo.After(Between(silo.Random, 0, 0.3), () =>
        {
            var rows = silo.IsTableCut ? null : Rows();
            silo.After(rows is null ? 3 : Between(silo.Random, 0, 0.3), () =>
            {
                if (rows is null || silo.IsTableCut)
                    read.TrySetException(new TimeoutException("table"));
                else
                    read.TrySetResult(rows);
            });
        });
        return read;
    }

    internal ClusterRows Rows() => new(new MembershipVersion(_version), new Dictionary<SiloAddress, SiloStatus>(_table));

    private void Gossip()
    {
        _version++;
        var rows = Rows();
        foreach (var silo in Alive)
        {
            var random = silo.Random;
            double? delay = GossipDelay is not null ? GossipDelay(silo.Address)
                : !_isGossipLate ? 0.01 * random.NextDouble()
                : random.NextDouble() < 0.2 ? null
                : Pick(random, [0.01, 0.5, 5, 30]) * random.NextDouble();
            Tally.Add(delay is null ? Seen.GossipLost : Seen.GossipLate, delay is > 0.5 or null ? 1 : 0);
            if (delay is { } seconds)
                silo.After(seconds, () => silo.Lease.Observe(rows));
        }
    }

    // The network -----------------------------------------------------------------------------------------------------------------------

    internal void Send<T>(SiloAddress from, SiloAddress to, Action<T> deliver)
        where T : SimulatedMember
    {
        if (!_links.TryGetValue((from, to), out var link))
            link = (Stream(100 + from.Generation, to.Generation), 0, 0);
        var (random, number) = (link.Random, link.Sent + 1);
        _links[(from, to)] = link with { Sent = number };
        if (Delay is not null && Delay(from, to) is null)
            return;
        if (_cuts.Contains((from, to)) || (_isLossy && random.NextDouble() < 0.05))
        {
            Tally.Add(_cuts.Contains((from, to)) ? Seen.LostToCut : Seen.Lost);
            return;
        }

        var delay = Delay?.Invoke(from, to) ?? ((_isLossy ? Pick(random, s_delays) : 0.01) * random.NextDouble());
        After(delay, Deliver);
        if (_isLossy && random.NextDouble() < 0.05)
        {
            Tally.Add(Seen.Duplicated);
            After(delay + random.NextDouble(), Deliver);
        }

        void Deliver()
        {
            if (Find(to) is not T target || _cuts.Contains((from, to)))
                return;
            var link = _links[(from, to)];
            Tally.Add(Seen.Reordered, number < link.Latest ? 1 : 0);
            _links[(from, to)] = link with { Latest = Math.Max(number, link.Latest) };
            target.Run(() => deliver(target));
        }
    }

    internal async ValueTask<TAnswer> CallAsync<TTarget, TAnswer>(SimulatedMember from, SiloAddress to, double timeout, Func<TTarget, ValueTask<TAnswer>> call)
        where TTarget : SimulatedMember
    {
        var answer = new TaskCompletionSource<TAnswer>();
        from.After(timeout, () => Tally.Add(Seen.TimedOut, answer.TrySetException(new TimeoutException("call")) ? 1 : 0));
        Send(from.Address, to, (TTarget target) => _ = AnswerAsync(target));
        return await answer.Task;

        async Task AnswerAsync(TTarget target)
        {
            var result = await call(target);
            Send(to, from.Address, (SimulatedMember _) => answer.TrySetResult(result));
        }
    }

    private SimulatedMember? Find(SiloAddress member) => Silos.TryGetValue(member, out var silo) ? silo : Clients.GetValueOrDefault(member);

    private static double Pick(Random random, double[] list) => list[random.Next(list.Length)];

    /// <summary>The hash code of an address is another in every process, and sets orders; with this one a seed replays anywhere.</summary>
    private sealed class SteadyEndpoint(int port) : IPEndPoint(IPAddress.Loopback, port)
    {
        public override bool Equals(object? comparand) => base.Equals(comparand);

        public override int GetHashCode() => Port;
    }
}
