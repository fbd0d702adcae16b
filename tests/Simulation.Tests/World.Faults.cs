namespace McCache.Simulation.Tests;

/// <content>What goes wrong.</content>
internal sealed partial class World
{
    internal bool IsHealed { get; private set; }

    internal void Cut(SiloAddress a, SiloAddress b, double seconds, bool isOneWay)
    {
        _cuts.Add((a, b));
        After(seconds, () => _cuts.Remove((a, b)));
        if (!isOneWay)
            Cut(b, a, seconds, isOneWay: true);
    }

    internal void CutTable(SimulatedSilo silo, double seconds)
    {
        silo.IsTableCut = true;
        After(seconds, () => silo.IsTableCut = false);
    }

    internal void Pause(SimulatedSilo silo, double seconds)
    {
        var until = Queue.Now + TimeSpan.FromSeconds(seconds);
        silo.PausedUntil = until > silo.PausedUntil ? until : silo.PausedUntil;
    }

    /// <summary>A silo finds itself dead. Orleans ends it; here it takes its time, and may come back at its address.</summary>
    internal void OnSelfDead(SimulatedSilo silo)
    {
        Tally.Add(Seen.SelfDeadNoticed);
        silo.After(Between(silo.Random, 0, 20), () =>
        {
            if (IsHealed)
                return;
            Tally.Add(Seen.EndedAsZombie);
            silo.Crash();
            if (silo.Random.Next(2) == 0)
                Start(silo.Address);
        });
    }

    internal void Heal()
    {
        IsHealed = true;
        _isLossy = _isGossipLate = false;
        _cuts.Clear();
        foreach (var silo in Silos.Values)
        {
            silo.IsTableCut = silo.CrashesWriting = false;
            silo.PausedUntil = Queue.Now;
            silo.After(Between(silo.Random, 0, 15), () => silo.Lease.Observe(Rows())); // Orleans reads the table once a minute, whatever gossip says
            if (silo.IsCrashed)
                WriteTable(silo.Address, SiloStatus.Dead);
        }

        if (!Alive.Any(silo => IsLive(silo.Address)))
            Start(null);
    }

    /// <summary>A fault that finds nobody to strike does nothing: the last silo that runs does not crash, and there are never more than the plan says.</summary>
    private void Inject(Fault fault)
    {
        SimulatedSilo[] alive = [.. Alive];
        var silo = Choose(alive, fault.Silo);
        SimulatedSilo[] rest = [.. alive.Where(other => other != silo)];
        var other = Choose(rest, fault.Other);
        switch (fault.Kind)
        {
            case FaultKind.Loss:
                _isLossy = true;
                break;
            case FaultKind.LateGossip:
                _isGossipLate = true;
                break;
            case FaultKind.Join when alive.Length < Plan.MaxSilos:
                Start(null);
                break;
            case FaultKind.Pause when silo is not null:
                Pause(silo, fault.Seconds);
                Tally.Add(fault.Seconds > SimulatedSilo.Times.Duration.TotalSeconds ? Seen.PausedForLongerThanTheLease : Seen.Paused);
                break;
            case FaultKind.Cut or FaultKind.CutOneWay when other is not null:
                Cut(silo!.Address, other.Address, fault.Seconds, fault.Kind == FaultKind.CutOneWay);
                Tally.Add(fault.Kind == FaultKind.CutOneWay ? Seen.CutOneWay : Seen.Cut);
                break;
            case FaultKind.Isolate when other is not null:
                foreach (var one in rest)
                    Cut(silo!.Address, one.Address, fault.Seconds, isOneWay: false);
                if (fault.Also)
                    CutTable(silo!, fault.Seconds);
                Tally.Add(Seen.Isolated);
                break;
            case FaultKind.Split when rest.Length > 1:
                foreach (var one in alive[..(alive.Length / 2)])
                {
                    foreach (var another in alive[(alive.Length / 2)..])
                        Cut(one.Address, another.Address, fault.Seconds, isOneWay: false);
                }

                Tally.Add(Seen.Split);
                break;
            case FaultKind.Crash when other is not null:
                Tally.Add(Seen.Crashed);
                silo!.Crash();
                if (fault.Also)
                    After(fault.Seconds, () => Start(silo.Address));
                break;
            case FaultKind.CrashWriting when other is not null:
                silo!.CrashesWriting = true;
                silo.Run(() => silo.Remove((int)(Keys * fault.Other)));
                break;
            case FaultKind.TableCut when silo is not null:
                CutTable(silo, fault.Seconds);
                Tally.Add(Seen.TableCut);
                break;
            case FaultKind.TableOutage:
                foreach (var one in alive)
                    CutTable(one, fault.Seconds);
                Tally.Add(Seen.TableOutage);
                break;
            case FaultKind.Leave when other is not null && !silo!.IsLeaving:
                silo.Run(() => Do(silo.LeaveAsync(fault.Seconds)));
                break;
            case FaultKind.ClockJump when silo is not null:
                silo.SetWallClock(fault.Seconds);
                Tally.Add(Seen.ClocksJumped);
                break;
            case FaultKind.Flood when other is not null:
                Tally.Add(Seen.Flooded);
                silo!.Run(() =>
                {
                    for (var i = 0; i < MaxLane * 3 / 2; i++)
                        silo.Remove(i % Keys);
                });
                break;
            default:
                return;
        }

        if (fault.DeadIn is { } dead && rest.Length > 0)
            After(dead, () => WriteTable(silo!.Address, SiloStatus.Dead));
    }

    private static SimulatedSilo? Choose(SimulatedSilo[] silos, double which) => silos.Length == 0 ? null : silos[(int)(silos.Length * which)];
}
