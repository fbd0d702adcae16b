using System.Net;
using McCache.Streaming;

namespace McCache.Simulation.Tests;

/// <summary>The world around the silos: the network, the membership table, the database, faults and load, all from one seed. See coherence_model.py.</summary>
internal sealed class World
{
    internal const int Keys = 16;
    internal const int MaxLane = 20;
    private const double Duration = 150;
    private const double FaultsEnd = 95;
    private const double LoadEnd = 110;
    private static readonly double[] s_delays = [0.001, 0.01, 0.05, 0.5, 2];
    private readonly Dictionary<SiloAddress, SiloStatus> _table = [];
    private readonly HashSet<(SiloAddress From, SiloAddress To)> _cuts = [];
    private readonly List<Task> _load = [];
    private readonly int _maxSilos;
    private readonly bool _isLossy;
    private long _version;
    private int _generation;
    private int _commits;
    private bool _isCalm;

    internal World(int seed, Rule off, bool isCalm = false)
    {
        (Off, Random, _isLossy, _isCalm) = (off, new Random(seed), !isCalm, isCalm);
        _maxSilos = isCalm ? 3 : Random.Next(1, 8);
        var first = isCalm ? 3 : Random.Next(1, Math.Min(4, _maxSilos + 1));
        for (var i = 0; i < first; i++)
            After(i * Between(0, 3), () => Start(null));
    }

    internal EventQueue Queue { get; } = new();

    internal Random Random { get; }

    internal Rule Off { get; }

    internal Dictionary<SiloAddress, SimulatedSilo> Silos { get; } = [];

    internal int[] Database { get; } = new int[Keys];

    internal int[] Completed { get; } = new int[Keys];

    internal long Hits { get; set; }

    internal long Misses { get; set; }

    internal long Completions { get; private set; }

    internal long Failed { get; set; }

    internal List<string> Violations { get; } = [];

    /// <summary>Everything that was seen, folded: two runs of a seed have the same.</summary>
    internal string Trace => $"{Queue.Count} events, {Hits} hits, {Misses} misses, {Completions} verbs, {Failed} failed, {Silos.Count} silos";

    internal IEnumerable<SimulatedSilo> Alive => Silos.Values.Where(silo => !silo.IsCrashed);

    internal static bool IsChanged(byte what, int key) => what == 255 || (what >= 200 ? what % 2 == key % 2 : what == key);

    internal double Between(double from, double to) => from + ((to - from) * Random.NextDouble());

    internal void After(double seconds, Action action) => Queue.After(TimeSpan.FromSeconds(seconds), action);

    internal static World Run(int seed, Rule off)
    {
        var world = new World(seed, off);
        world.After(5, world.Fault);
        world.After(1, world.Load);
        world.After(FaultsEnd, world.Heal);
        world.Queue.RunUntil(TimeSpan.FromSeconds(Duration));
        world.CheckEnd();
        return world;
    }

    // Membership ------------------------------------------------------------------------------------------------------------------------

    internal SimulatedSilo Start(SiloAddress? place)
    {
        var generation = ++_generation;
        var silo = new SimulatedSilo(this, SiloAddress.New(place?.Endpoint ?? new IPEndPoint(IPAddress.Loopback, 1_000 + generation), generation));
        Silos.Add(silo.Address, silo);
        if (place is not null)
            WriteTable(place, SiloStatus.Dead);
        WriteTable(silo.Address, SiloStatus.Joining);
        silo.After(Between(0, 1), () =>
        {
            WriteTable(silo.Address, SiloStatus.Active);
            if (Off != Rule.FreshView)
                silo.Lease.Observe(Rows());
            silo.Lease.Begin();
        });
        return silo;
    }

    internal void WriteTable(SiloAddress silo, SiloStatus status)
    {
        if (_table.TryGetValue(silo, out var known) ? known == SiloStatus.Dead : status != SiloStatus.Joining)
            return;
        _table[silo] = status;
        if (status == SiloStatus.Dead && Random.Next(3) == 0)
        {
            After(Between(15, 40), () =>
            {
                _table.Remove(silo);
                Gossip();
            });
        }

        Gossip();
    }

    internal TaskCompletionSource<ClusterRows> ReadAsync(SimulatedSilo silo)
    {
        var read = new TaskCompletionSource<ClusterRows>();
        silo.After(Between(0, 0.3), () =>
        {
            var rows = silo.IsTableCut ? null : Rows();
            silo.After(rows is null ? 3 : Between(0, 0.3), () =>
            {
                if (rows is null || silo.IsTableCut)
                    read.TrySetException(new TimeoutException("table"));
                else
                    read.TrySetResult(rows);
            });
        });
        return read;
    }

    private ClusterRows Rows() => new(new MembershipVersion(_version), new Dictionary<SiloAddress, SiloStatus>(_table));

    private void Gossip()
    {
        _version++;
        var rows = Rows();
        foreach (var silo in Alive)
        {
            if (Random.NextDouble() < 0.8)
                silo.After((_isCalm ? 0.01 : Pick([0.01, 0.5, 5, 30])) * Random.NextDouble(), () => silo.Lease.Observe(rows));
        }
    }

    // The network -----------------------------------------------------------------------------------------------------------------------

    internal void Send(SiloAddress from, SiloAddress to, Action<SimulatedSilo> deliver)
    {
        var isLossy = _isLossy && !_isCalm;
        if (_cuts.Contains((from, to)) || (isLossy && Random.NextDouble() < 0.05))
            return;
        var delay = (isLossy ? Pick(s_delays) : 0.01) * Random.NextDouble();
        After(delay, Deliver);
        if (isLossy && Random.NextDouble() < 0.05)
            After(delay + Random.NextDouble(), Deliver);

        void Deliver()
        {
            if (Silos.TryGetValue(to, out var target) && !_cuts.Contains((from, to)))
                target.Run(() => deliver(target));
        }
    }

    internal async ValueTask<T> CallAsync<T>(SimulatedSilo from, SiloAddress to, double timeout, Func<SimulatedSilo, ValueTask<T>> call)
    {
        var answer = new TaskCompletionSource<T>();
        from.After(timeout, () => answer.TrySetException(new TimeoutException("call")));
        Send(from.Address, to, target => _ = AnswerAsync(target));
        return await answer.Task;

        async Task AnswerAsync(SimulatedSilo target)
        {
            var result = await call(target);
            Send(to, from.Address, _ => answer.TrySetResult(result));
        }
    }

    internal Task Wait(SimulatedSilo silo, double seconds)
    {
        var waiting = new TaskCompletionSource();
        silo.After(seconds, () => waiting.TrySetResult());
        return waiting.Task;
    }

    // The database ----------------------------------------------------------------------------------------------------------------------

    internal Dictionary<int, int> Commit(int what)
    {
        var written = new Dictionary<int, int>();
        _commits++;
        for (var key = 0; key < Keys; key++)
        {
            if (IsChanged((byte)what, key))
                written[key] = Database[key] = _commits;
        }

        return written;
    }

    internal void Complete(Dictionary<int, int> written)
    {
        Completions++;
        foreach (var (key, value) in written)
            Completed[key] = Math.Max(Completed[key], value);
    }

    internal void CheckRead(SimulatedSilo silo, string how, int key, int value, int floor, TimeSpan began)
    {
        if (value < floor)
            Violate($"P1: {silo.Address}, read of {key} that began at {began}, {how}: {value}, although {floor} had completed");
    }

    internal void Violate(string what) => Violations.Add($"{Queue.Now}: {what}");

    // Faults and load -------------------------------------------------------------------------------------------------------------------

    private T Pick<T>(IReadOnlyList<T> list) => list[Random.Next(list.Count)];

    internal void Cut(SiloAddress a, SiloAddress b, double seconds, bool isOneWay)
    {
        _cuts.Add((a, b));
        After(seconds, () => _cuts.Remove((a, b)));
        if (!isOneWay)
            Cut(b, a, seconds, isOneWay: true);
    }

    private void DeclareDead(SimulatedSilo silo, double probability)
    {
        if (Random.NextDouble() < probability)
            After(Between(0, 10), () => WriteTable(silo.Address, SiloStatus.Dead));
    }

    private void CutTable(SimulatedSilo silo, double seconds)
    {
        silo.IsTableCut = true;
        After(seconds, () => silo.IsTableCut = false);
    }

    private void Fault()
    {
        if (_isCalm)
            return;
        SimulatedSilo[] alive = [.. Alive];
        var kind = Random.NextDouble();
        if (alive.Length > 0)
        {
            var silo = Pick(alive);
            SimulatedSilo[] rest = [.. alive.Where(other => other != silo)];
            if (kind < 0.2)
            {
                silo.PausedUntil = Queue.Now + TimeSpan.FromSeconds(Pick([0.5, 3, 8, 20]) * Random.NextDouble());
            }
            else if (kind < 0.35 && rest.Length > 0)
            {
                Cut(silo.Address, Pick(rest).Address, Pick([1.0, 10, 30]) * Random.NextDouble(), Random.Next(2) == 0);
            }
            else if (kind < 0.5 && rest.Length > 0)
            {
                foreach (var other in rest)
                    Cut(silo.Address, other.Address, Between(0, 25), Random.Next(4) == 0);
                if (Random.Next(2) == 0)
                    CutTable(silo, Between(0, 25));
                DeclareDead(silo, 0.6);
            }
            else if (kind < 0.6 && rest.Length > 0)
            {
                silo.IsCrashed = true;
                DeclareDead(silo, 1);
                if (Random.Next(2) == 0)
                    After(Between(0.5, 5), () => Start(silo.Address));
            }
            else if (kind < 0.7)
            {
                CutTable(silo, Pick([2.0, 15, 30]) * Random.NextDouble());
                DeclareDead(silo, rest.Length > 0 ? 0.5 : 0);
            }
            else if (kind < 0.76 && rest.Length > 0 && !silo.IsLeaving)
            {
                silo.Run(() => _load.Add(silo.LeaveAsync()));
            }
        }

        if (alive.Length == 0 || (kind >= 0.76 && alive.Length < _maxSilos))
            Start(null);
        After(Between(0, 4), Fault);
    }

    private void Heal()
    {
        _isCalm = true;
        _cuts.Clear();
        foreach (var silo in Silos.Values)
        {
            silo.IsTableCut = false;
            silo.PausedUntil = Queue.Now;
            if (silo.IsCrashed)
                WriteTable(silo.Address, SiloStatus.Dead);
        }
    }

    internal void Load()
    {
        SimulatedSilo[] alive = [.. Alive];
        if (alive.Length > 0)
        {
            var silo = Pick(alive);
            var key = (int)(Keys * Random.NextDouble() * Random.NextDouble());
            var kind = Random.NextDouble();
            silo.Run(() =>
            {
                if (kind < 0.002)
                    _load.Add(silo.WriteAsync(255));
                else if (kind < 0.006)
                    _load.Add(silo.WriteAsync(200 + (key % 2)));
                else if (kind < 0.09)
                    _load.Add(silo.WriteAsync(key));
                else if (kind < 0.12)
                    silo.Enumerate();
                else
                    _load.Add(silo.ReadAsync(key));
            });
            if (silo.Member.LaneDepth > MaxLane * Silos.Count)
                Violate("P5: a lane is too long");
        }

        if (Queue.Now < TimeSpan.FromSeconds(LoadEnd))
            After(Between(0, 0.08), Load);
    }

    private void CheckEnd()
    {
        foreach (var failed in _load.Where(task => task.IsFaulted))
            Violate($"threw: {failed.Exception!.InnerException}");
        foreach (var silo in Silos.Values)
        {
            silo.Local.Check();
            if (!silo.IsCrashed && silo.Pending > 0)
                Violate($"liveness: {silo.Address} has {silo.Pending} verbs that do not return; self dead {silo.IsSelfDead}");
        }
    }
}
