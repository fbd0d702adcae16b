namespace McCache.Simulation.Tests;

/// <summary>P8 and P6: what happens to one silo, or to the table, is nothing to the others.</summary>
public sealed class AvailabilityTests(ITestOutputHelper output)
{
    private const int Seeds = 60;
    private const double Event = 40;
    private const double End = 75;

    public enum Happening
    {
        Kill,
        KillAndRestart,
        TableOutage,
        Join,
        Leave,
    }

    [Theory]
    [InlineData(Happening.Kill)]
    [InlineData(Happening.KillAndRestart)]
    [InlineData(Happening.TableOutage)]
    [InlineData(Happening.Join)]
    [InlineData(Happening.Leave)]
    public void Nobody_elses_reads_are_interrupted(Happening what)
    {
        var hits = 0L;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = new World(Plan.Calm(seed, 2 + (seed % 5)));
            var random = world.Stream(4, 0);
            SimulatedSilo[] others = [];
            var before = 0L;
            world.At(1, world.Load);
            world.At(Event + random.NextDouble(), () =>
            {
                SimulatedSilo[] all = [.. world.Alive];
                Assert.All(all, silo => Assert.True(silo.IsStarted && silo.IsServing));
                var one = all[random.Next(all.Length)];
                others = what is Happening.Kill or Happening.KillAndRestart or Happening.Leave ? [.. all.Where(silo => silo != one)] : all;
                before = world.Tally[Seen.HitByPromise] + world.Tally[Seen.HitByTable];
                switch (what)
                {
                    case Happening.Kill or Happening.KillAndRestart:
                        one.Crash();
                        world.After(world.Between(random, 0.1, 15), () => world.WriteTable(one.Address, SiloStatus.Dead));
                        if (what == Happening.KillAndRestart)
                            world.After(world.Between(random, 0.5, 10), () => world.Start(one.Address));
                        break;
                    case Happening.TableOutage:
                        foreach (var silo in all)
                            world.CutTable(silo, 25);
                        break;
                    case Happening.Join:
                        world.Start(null);
                        break;
                    case Happening.Leave:
                        world.Do(one.LeaveAsync(world.Between(random, 0, 5)));
                        break;
                }
            });
            world.RunUntil(End);
            Assert.Empty(world.Violations);
            foreach (var silo in others)
                Assert.True(silo.Lapses == 0 && silo.IsServing, $"P8: seed {seed}, {what}: {silo.Address} of {others.Length} was interrupted {silo.Lapses} times");
            hits += world.Tally[Seen.HitByPromise] + world.Tally[Seen.HitByTable] - before;
        }

        Assert.True(hits > Seeds);
        output.WriteLine($"{what}: {hits} hits after it in {Seeds} seeds");
    }

    /// <summary>P8 is not vacuous: with the table away as well, a killed silo does interrupt the others.</summary>
    [Fact]
    public void A_killed_silo_and_no_table_interrupt_reads_and_nothing_else()
    {
        var world = new World(Plan.Calm(1, 3));
        world.At(1, world.Load);
        SimulatedSilo[] others = [];
        world.At(Event, () =>
        {
            SimulatedSilo[] all = [.. world.Alive];
            others = all[1..];
            foreach (var silo in all)
                world.CutTable(silo, 15);
            all[0].Crash();
        });
        world.At(Event + 10, () => Assert.All(others, silo => Assert.False(silo.IsServing)));
        world.At(Event + 16, () => world.WriteTable(world.Silos.Values.First().Address, SiloStatus.Dead));
        world.RunUntil(End);
        Assert.Empty(world.Violations);
        Assert.All(others, silo => Assert.True(silo.Lapses > 0 && silo.IsServing));
    }

    /// <summary>P6: a silo hangs. Dictionary verbs reach the others at once, reads go on, and coherent verbs return W after the membership has declared it dead, no sooner and no later.</summary>
    [Fact]
    public void A_hung_silo_delays_coherent_verbs_only_and_those_until_W_after_its_death()
    {
        const double Dead = Event + 8;
        var wait = SimulatedSilo.Times.Wait.TotalSeconds;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = new World(Plan.Calm(seed, 3 + (seed % 4)));
            SimulatedSilo[] others = [];
            var (hits, value) = (0L, 0);
            world.At(Event, () =>
            {
                SimulatedSilo[] all = [.. world.Alive];
                var hung = all[seed % all.Length];
                others = [.. all.Where(silo => silo != hung)];
                foreach (var silo in others)
                    world.Do(silo.ReadAsync(1, 0));
                world.Pause(hung, 60);
                world.At(Dead, () => world.WriteTable(hung.Address, SiloStatus.Dead));
            });
            for (var at = Event + 1; at < Dead + 7; at += 0.5)
            {
                world.At(at, () =>
                {
                    others[0].Remove(0);
                    value = world.Database[0];
                    hits = world.Tally[Seen.HitByPromise];
                    foreach (var silo in others)
                        world.Do(silo.ReadAsync(1, 0));
                    Assert.Equal(hits + others.Length, world.Tally[Seen.HitByPromise] + world.Tally[Seen.HitByTable]);
                });
                world.At(at + 0.05, () => Assert.All(others, silo => Assert.Equal(value, silo.Reached[0])));
            }

            world.At(Event + 1.2, () => world.Do(others[1].WriteCoherentlyAsync(WriteKind.Remove, 2, 0)));
            world.At(Dead + wait - 0.05, () => Assert.Equal(1, others[1].Pending));
            world.At(Dead + wait + 0.2, () => Assert.Equal(0, others[1].Pending));
            world.RunUntil(Dead + 10);
            Assert.True(world.Completed[2] > 0);
            Assert.Empty(world.Violations);
            Assert.All(others, silo => Assert.Equal(0, silo.Lapses));
        }
    }

    /// <summary>
    /// P6: a client hangs. Dictionary verbs reach the others at once, coherent verbs return when its lease has run out, no sooner and no later; nothing about it is kept then.
    /// </summary>
    [Fact]
    public void A_hung_client_delays_coherent_verbs_only_and_those_until_its_lease_has_run_out()
    {
        var wait = SimulatedSilo.Times.Wait.TotalSeconds;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = new World(Plan.Calm(seed, 1 + (seed % 4)) with { IsReplicated = seed % 2 == 0 });
            var (hits, value) = (0L, 0);
            SimulatedSilo writer = null!;
            SimulatedClient hung = null!, other = null!;
            world.At(10, () => (hung, other) = (world.StartClient(), world.StartClient()));
            world.At(Event - 1, () =>
            {
                writer = world.Alive.ElementAt(seed % world.Alive.Count());
                world.Do(hung.ReadAsync(2, 0));
                world.Do(other.ReadAsync(1, 0));
            });
            world.At(Event, () =>
            {
                Assert.True(hung.IsServing && other.IsServing);
                Assert.Equal(2, world.Alive.Sum(silo => silo.Member.Clients));
                world.Pause(hung, 60);
                world.After(hung.Member.ValidFor.TotalSeconds - 0.05, () => Assert.Equal((1, 1), (writer.Pending, other.Pending)));
            });
            world.At(Event + 0.2, () => world.Do(writer.WriteCoherentlyAsync(WriteKind.Remove, 2, 0)));
            world.At(Event + 0.3, () => world.Do(other.WriteCoherentlyAsync(WriteKind.Remove, 3, 0)));
            for (var at = Event + 0.4; at < Event + 8; at += 0.5)
            {
                world.At(at, () =>
                {
                    writer.Remove(0);
                    value = world.Database[0];
                    hits = world.Tally[Seen.ClientHit];
                    world.Do(other.ReadAsync(1, 0));
                    Assert.Equal(hits + 1, world.Tally[Seen.ClientHit]);
                });
                world.At(at + 0.05, () => Assert.All(world.Alive, silo => Assert.Equal(value, silo.Reached[0])));
            }

            world.At(Event + wait + 0.2, () =>
            {
                Assert.Equal((0, 0), (writer.Pending, other.Pending));
                Assert.Equal(1, world.Alive.Sum(silo => silo.Member.Clients));
            });
            world.RunUntil(Event + 10);
            Assert.True(world.Completed[2] > 0 && world.Completed[3] > 0);
            Assert.Empty(world.Violations);
            Assert.Equal(0, other.Lapses);
        }
    }
}
