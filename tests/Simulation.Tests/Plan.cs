using System.Globalization;

namespace McCache.Simulation.Tests;

internal enum FaultKind
{
    /// <summary>From now on messages are lost, late, duplicated and reordered.</summary>
    Loss,

    /// <summary>From now on news of the membership is late, or does not come.</summary>
    LateGossip,

    /// <summary>Monotonic clocks run at rates of their own.</summary>
    Drift,

    Pause,
    Cut,
    CutOneWay,

    /// <summary>A silo is cut from all others, and perhaps from the table.</summary>
    Isolate,

    /// <summary>Two groups are cut from each other; both reach the table.</summary>
    Split,

    Crash,

    /// <summary>A silo crashes when it has sent what it publishes next to some of the others.</summary>
    CrashWriting,

    TableCut,
    TableOutage,
    Leave,
    Join,

    /// <summary>A silo's wall clock is set.</summary>
    ClockJump,

    /// <summary>More dictionary verbs at once than a lane holds.</summary>
    Flood,

    // Of clients.
    ClientPause,

    /// <summary>A client is cut from its gateway, or from every silo.</summary>
    ClientCut,

    ClientCrash,
    ClientLeave,
    ClientJoin,

    /// <summary>What a client calls next may be answered by other silos than before.</summary>
    ClientMove,

    ClientFlood,
}

/// <summary>A fault and everything about it that is random, so that it can be left out without changing the others.</summary>
/// <param name="Index">Its place in the plan.</param>
/// <param name="At">When, in seconds.</param>
/// <param name="Kind">What.</param>
/// <param name="Silo">Which silo, from 0 to 1 of those that run.</param>
/// <param name="Other">Which other silo, likewise.</param>
/// <param name="Seconds">How long.</param>
/// <param name="DeadIn">After how many seconds the table declares the silo dead; null for not at all.</param>
/// <param name="Also">Whether it comes with what <see cref="World"/> says.</param>
internal sealed record Fault(int Index, double At, FaultKind Kind, double Silo, double Other, double Seconds, double? DeadIn, bool Also)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Index}: {At:0.000} {Kind} {Silo:0.00} {Other:0.00} for {Seconds:0.00}{(DeadIn is { } dead ? $", dead in {dead:0.00}" : "")}{(Also ? ", also" : "")}");
}

/// <summary>All that a run is made of: the seed of its load and its network, and its faults.</summary>
internal sealed record Plan(int Seed, int MaxSilos, int FirstSilos, IReadOnlyList<Fault> Faults)
{
    /// <summary>Whether the cache is replicated.</summary>
    internal bool IsReplicated { get; init; }

    /// <summary>Whether its values go by their descriptors, in several chunks.</summary>
    internal bool HasLargeValues => Seed % 3 == 0;

    /// <summary>How many clients there are at the beginning.</summary>
    internal int Clients { get; init; }

    internal CacheOptions CacheOptions => IsReplicated ? new() { Coherence = Coherence.Replicate } : new() { MaxEntries = 12, TimeToLive = TimeSpan.FromSeconds(40) };

    internal const double FaultsEnd = 95;

    /// <summary>A cluster to which nothing happens but what a test does.</summary>
    internal static Plan Calm(int seed, int silos) => new(seed, silos, silos, []);

    internal static Plan FromSeed(int seed)
    {
        var random = new Random(seed);
        var silos = random.Next(1, 8);
        var first = random.Next(1, Math.Min(4, silos + 1));
        List<Fault> faults = [];
        foreach (var kind in (FaultKind[])[FaultKind.Drift, FaultKind.Loss, FaultKind.LateGossip])
            Add(0, kind, 0, null);
        for (var at = 5.0; at < FaultsEnd; at += Upto(4))
        {
            var kind = Pick<FaultKind>(
            [
                FaultKind.Pause, FaultKind.Pause, FaultKind.Pause, FaultKind.Cut, FaultKind.CutOneWay, FaultKind.Isolate, FaultKind.Isolate, FaultKind.Split,
                FaultKind.Crash, FaultKind.CrashWriting, FaultKind.TableCut, FaultKind.TableCut, FaultKind.TableOutage, FaultKind.Leave,
                FaultKind.Join, FaultKind.Join, FaultKind.Join, FaultKind.Join, FaultKind.ClockJump, FaultKind.Flood,
            ]);
            Add(at, kind, kind switch
            {
                FaultKind.Pause => Pick<double>([0.5, 3, 8, 20]) * Upto(1),
                FaultKind.Cut or FaultKind.CutOneWay => Pick<double>([1, 10, 30]) * Upto(1),
                FaultKind.Isolate or FaultKind.Split => Upto(25),
                FaultKind.TableCut or FaultKind.TableOutage => Pick<double>([2, 15, 30]) * Upto(1),
                FaultKind.ClockJump => Pick<double>([-60, -2, 2, 60]),
                _ => Upto(5),
            }, kind switch
            {
                FaultKind.Crash or FaultKind.CrashWriting => Upto(10),
                FaultKind.Isolate => Chance(0.6),
                FaultKind.TableCut or FaultKind.Pause => Chance(0.3),
                FaultKind.Split => Chance(0.3),
                _ => null,
            });
        }

        random = new Random(unchecked((seed * 7_919) + 1)); // so that a seed without clients is what it was before there were any
        var clients = random.Next(3) == 0 ? random.Next(1, 4) : 0;
        for (var at = Upto(15); clients > 0 && at < FaultsEnd; at += Upto(8))
        {
            var kind = Pick<FaultKind>(
            [
                FaultKind.ClientPause, FaultKind.ClientPause, FaultKind.ClientCut, FaultKind.ClientCut, FaultKind.ClientMove, FaultKind.ClientMove,
                FaultKind.ClientCrash, FaultKind.ClientLeave, FaultKind.ClientJoin, FaultKind.ClientJoin, FaultKind.ClientFlood,
            ]);
            Add(at, kind, Pick<double>([0.5, 3, 8, 20]) * Upto(1), null);
        }

        return new(seed, silos, first, faults) { Clients = clients };

        void Add(double at, FaultKind kind, double seconds, double? deadIn)
            => faults.Add(new(faults.Count, at, kind, Upto(1), Upto(1), seconds, deadIn, random.Next(2) == 0));
        double Upto(double limit) => limit * random.NextDouble();
        double? Chance(double probability) => random.NextDouble() < probability ? Upto(10) : null;
        T Pick<T>(T[] list) => list[random.Next(list.Length)];
    }

    internal Plan Keep(IEnumerable<int> faults)
    {
        var kept = faults.ToHashSet();
        return this with { Faults = [.. Faults.Where(fault => kept.Contains(fault.Index))] };
    }
}
