namespace McCache.Simulation.Tests;

/// <content>What goes wrong.</content>
internal sealed partial class World
{
    private const int MaxClients = 3;

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

    internal void Pause(SimulatedMember member, double seconds)
    {
        var until = Queue.Now + TimeSpan.FromSeconds(seconds);
        member.PausedUntil = until > member.PausedUntil ? until : member.PausedUntil;
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

        foreach (var client in Clients.Values)
            client.PausedUntil = Queue.Now;
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
            case >= FaultKind.ClientPause:
                InjectClient(fault);
                return;
            default:
                return;
        }

        if (fault.DeadIn is { } dead && rest.Length > 0)
            After(dead, () => WriteTable(silo!.Address, SiloStatus.Dead));
    }

    private void InjectClient(Fault fault)
    {
        SimulatedClient[] clients = [.. AliveClients];
        var client = Choose(clients, fault.Silo);
        switch (fault.Kind)
        {
            case FaultKind.ClientJoin when clients.Length < MaxClients:
                StartClient();
                break;
            case FaultKind.ClientPause when client is not null:
                Pause(client, fault.Seconds);
                Tally.Add(fault.Seconds > SimulatedSilo.Times.Duration.TotalSeconds ? Seen.ClientPausedForLongerThanItsLease : Seen.ClientPaused);
                break;
            case FaultKind.ClientCut when client is not null:
                foreach (var silo in Alive.Where(silo => fault.Also || silo.Address.Equals(client.Member.Gateway)).ToArray())
                {
                    if (fault.Other < 0.7)
                        Cut(client.Address, silo.Address, fault.Seconds, isOneWay: false);
                    else if (fault.Other < 0.85)
                        Cut(client.Address, silo.Address, fault.Seconds, isOneWay: true);
                    else
                        Cut(silo.Address, client.Address, fault.Seconds, isOneWay: true);
                    Tally.Add(Seen.ClientCut);
                }

                break;
            case FaultKind.ClientCrash when client is not null:
                client.Crash();
                Tally.Add(Seen.ClientCrashed);
                break;
            case FaultKind.ClientLeave when client is not null:
                client.Run(() => Do(client.LeaveAsync()));
                Tally.Add(Seen.ClientLeft);
                break;
            case FaultKind.ClientMove when client is not null:
                client.MoveConnections();
                Tally.Add(Seen.ClientMoved);
                break;
            case FaultKind.ClientFlood when client is { HasCache: true }:
                Tally.Add(Seen.ClientFlooded);
                client.Run(() =>
                {
                    for (var i = 0; i < MaxLane * 3 / 2; i++)
                        client.Remove(i % Keys);
                });
                break;
        }
    }

    private static T? Choose<T>(T[] members, double which)
        where T : SimulatedMember
        => members.Length == 0 ? null : members[(int)(members.Length * which)];
}
