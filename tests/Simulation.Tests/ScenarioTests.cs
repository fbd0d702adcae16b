namespace McCache.Simulation.Tests;

/// <summary>Corners that random search meets too seldom, scripted: with all rules nothing is violated, without the rule something is. Delays are fixed, clocks are exact.</summary>
public sealed class ScenarioTests(ITestOutputHelper output)
{
    private const int Key = 0;

    /// <summary>A silo that is dead without knowing it knows nobody to wait for; by the time that the newcomer serves, it is not valid any more.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.ValidWriter, "P1")]
    public void A_publisher_completes_nothing_once_it_may_be_dead(Rule rule, string? property) => Check(rule, property, world =>
    {
        var old = world.Start(null);
        world.At(20, () => Forsake(world, [old]));
        world.At(20.1, () => world.WriteTable(old.Address, SiloStatus.Dead));
        world.At(20.2, () =>
        {
            var young = world.Start(null);
            Read(world, young, 29, 32);
        });
        world.At(30, () => Write(world, old));
        world.RunUntil(33);
    });

    /// <summary>The same, while the old silo may still be valid by its last look at the table: the newcomer waits for longer than that.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.StartWait, "P1")]
    public void A_newcomer_waits_until_whoever_does_not_know_it_is_not_valid_any_more(Rule rule, string? property) => Check(rule, property, world =>
    {
        var old = world.Start(null);
        world.At(20, () => Forsake(world, [old]));
        world.At(20.1, () => world.WriteTable(old.Address, SiloStatus.Dead));
        world.At(20.2, () => Read(world, world.Start(null), 21, 30));
        for (var at = 21.95; at < 27; at += 0.5)
            world.At(at, () => Write(world, old));
        world.RunUntil(31);
    });

    /// <summary>The answer to a question takes nearly three seconds. Counted from its arrival it outlives the promiser's patience.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.AskTime, "P1")]
    public void A_promise_counts_from_when_it_was_asked_for(Rule rule, string? property) => Check(rule, property, world =>
    {
        var promiser = world.Start(null);
        var asker = world.Start(null);
        world.At(20, () => Read(world, asker, 20, 32));
        world.At(21, () => world.Delay = (from, _) => from == promiser.Address ? 2.8 : 0.01);
        world.At(24, () =>
        {
            world.GossipDelay = silo => silo == promiser.Address ? 0 : null;
            world.CutTable(asker, 100);
            world.WriteTable(asker.Address, SiloStatus.Dead);
        });
        world.At(24.2, () => Write(world, promiser));
        world.RunUntil(33);
        Assert.True(world.Completed[Key] > 0);
    });

    /// <summary>
    /// An old silo does not know the newcomer, which takes it for dead; the one between them knows both as live. It catches up with the newcomer and refuses the old one (MinVersion),
    /// or the old one does not count its promise because its view is newer (ViewGate): one of the two is enough.
    /// </summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.MinVersion, null)]
    [InlineData(Rule.ViewGate, null)]
    [InlineData(Rule.MinVersionAndViewGate, "P1")]
    public void Nobody_is_valid_by_the_promise_of_one_who_knows_more_or_less(Rule rule, string? property) => Check(rule, property, world =>
    {
        var (between, old) = (world.Start(null), world.Start(null));
        world.At(20, () => world.CutTable(old, 100));
        world.At(20.1, () =>
        {
            world.GossipDelay = silo => silo == between.Address ? 0.001 : null;
            var young = world.Start(null);
            world.Delay = (from, to) => (from, to) == (old.Address, young.Address) || (from, to) == (young.Address, old.Address) ? null : 0.01;
            world.At(21.2, () =>
            {
                world.GossipDelay = silo => silo == young.Address ? 0.001 : null;
                world.WriteTable(old.Address, SiloStatus.Dead);
            });
            Read(world, young, 30, 40);
        });
        world.At(35, () => Write(world, old));
        world.RunUntil(41);
    });

    /// <summary>No news of the newcomer comes to the old silo, which misses no promise and so never looks at the table: it learns from the question itself.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.MinVersion, "liveness")]
    public void A_newcomer_that_nobody_has_heard_of_is_promised_all_the_same(Rule rule, string? property) => Check(rule, property, world =>
    {
        SimulatedSilo[] old = [world.Start(null), world.Start(null)];
        world.At(19, () => Read(world, old[0], 19, 20));
        world.At(20, () =>
        {
            world.GossipDelay = static _ => null;
            world.Start(null);
        });
        world.RunUntil(60);
        world.CheckEnd();
    });

    /// <summary>A silo removes a key, reaches one of the others, and dies.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.Relay, "rule 6")]
    public void What_a_silo_told_one_before_it_died_reaches_all(Rule rule, string? property) => Check(rule, property, world =>
    {
        var (writer, lucky, unlucky) = (world.Start(null), world.Start(null), world.Start(null));
        world.At(19, () => Read(world, unlucky, 20, 20.1));
        world.At(21, () => world.Delay = (from, to) => (from, to) == (writer.Address, unlucky.Address) ? null : 0.01);
        world.At(21.5, () => writer.Run(() => writer.Remove(Key)));
        world.At(21.6, () =>
        {
            Assert.True(lucky.Reached[Key] > 0);
            writer.Crash();
            world.Delay = null;
        });
        world.At(25, () => world.WriteTable(writer.Address, SiloStatus.Dead));
        world.RunUntil(35);
        world.CheckEnd();
    });

    /// <summary>A replica hangs, and more is written than its lane holds. Without the hole it would take itself for knowing everything, and the other, which is the first to compare, drop what it lacks.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.Gap, "P3")]
    public void What_a_lane_has_dropped_is_lost_to_nobody(Rule rule, string? property) => Check(rule, property, isReplicated: true, seed: 7, script: world =>
    {
        var (writer, slow) = (world.Start(null), world.Start(null));
        world.At(20, () => world.Pause(slow, 3));
        world.At(20.5, () => writer.Run(() =>
        {
            for (var i = 0; i < World.MaxLane * 2; i++)
                writer.Set(i % World.Keys);
        }));
        Read(world, slow, 40, 40.2);
        world.RunUntil(45);
        foreach (var silo in new[] { writer, slow })
        {
            if (silo.View.Count != World.Keys)
                world.Violate($"P3: {silo.Address} holds {silo.View.Count} of {World.Keys} keys that were set");
        }

        world.CheckEnd();
    });

    /// <summary>A gateway leaves, and its client does not hear of it. Until its lease has run out it serves, so for so long the gateway says no goodbye.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.ClientGoodbye, "P1")]
    public void A_gateway_that_leaves_waits_for_its_clients(Rule rule, string? property) => Check(rule, property, world =>
    {
        SimulatedSilo[] silos = [world.Start(null), world.Start(null), world.Start(null)];
        var client = world.StartClient();
        Read(world, client, 39, 45);
        world.At(40, () =>
        {
            var gateway = world.Silos[client.Member.Gateway!];
            world.Delay = (from, to) => from == gateway.Address && to == client.Address && world.Queue.Now > TimeSpan.FromSeconds(40.5) ? null : 0.01;
            world.At(40.6, () => gateway.Run(() => world.Do(gateway.LeaveAsync(0))));
            Write(world, silos.First(silo => silo != gateway), 42);
        });
        world.RunUntil(50);
        Assert.True(world.Completed[Key] > 0);
    });

    /// <summary>A gateway hangs, and more is written than the lane to it holds. It drops what it held; so must its client.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.ClientGap, "P1")]
    public void What_a_gateway_has_lost_its_clients_drop(Rule rule, string? property) => Check(rule, property, world =>
    {
        SimulatedSilo[] silos = [world.Start(null), world.Start(null)];
        var client = world.StartClient();
        Read(world, client, 39, 45);
        world.At(40, () =>
        {
            var gateway = world.Silos[client.Member.Gateway!];
            var writer = silos.First(silo => silo != gateway);
            world.Pause(gateway, 2);
            world.At(40.05, () => writer.Run(() => writer.Remove(1))); // which is on its way while the next waits
            Write(world, writer, 40.1);
            world.At(40.2, () => writer.Run(() =>
            {
                for (var i = 0; i < World.MaxLane * 2; i++)
                    writer.Remove(1 + (i % (World.Keys - 1)));
            }));
        });
        world.RunUntil(46);
        Assert.True(world.Completed[Key] > 0);
    });

    /// <summary>A gateway gives what a client's dictionary verb has set its version when it comes, and a coherent verb that began in between, and returns before, wins all the same.</summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.PendingSets, "P1")]
    public void A_coherent_verb_wins_over_what_a_client_has_set_and_its_gateway_has_not_had(Rule rule, string? property) => Check(rule, property, isReplicated: true, script: world =>
    {
        var writer = world.Start(null);
        world.Start(null);
        SimulatedClient client = null!;
        world.At(19, () => client = world.StartClient());
        world.At(39, () => world.Delay = (from, _) => from == client.Address && world.Queue.Now < TimeSpan.FromSeconds(40.05) ? 1 : 0.01);
        world.At(40, () => client.Run(() => client.Set(Key)));
        world.At(40.1, () => Write(world, writer));
        Read(world, writer, 42, 43);
        world.RunUntil(45);
        Assert.True(world.Completed[Key] > 0);
    });

    /// <summary>
    /// A removal does not reach one silo for long. One that starts meanwhile has it from its publisher's state, and would forget it once all clocks have passed it. The next to start takes the state of that one, and after it what the
    /// slow one still holds. When the removal has come there at last, and its verb returns, the last one must not serve what was removed.
    /// </summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.Earlier, "P1")]
    public void A_tombstone_is_kept_while_anybody_lacks_the_removal_whoever_has_told_it(Rule rule, string? property) => Check(rule, property, isReplicated: true, seed: 54, script: world =>
    {
        var (publisher, slow) = (world.Start(null), world.Start(null));
        SimulatedSilo? young = null, last = null;
        double? active = null; // since when the last one is
        world.At(19, () => publisher.Run(() => world.Do(publisher.WriteCoherentlyAsync(WriteKind.Set, Key, 0))));
        world.At(20, () => world.Delay = (from, to) => IsCut(from, to) ? null : 0.01);
        Write(world, publisher, 20.5);
        world.At(22, () => young = world.Start(null));
        world.At(32, () =>
        {
            last = world.Start(null);
            Read(world, last, 38, 45);
        });
        for (var at = 32.0; at < 33.1; at += 0.005)
            world.At(at, () => active ??= world.IsLive(last!.Address) ? world.Queue.Now.TotalSeconds : null);
        world.RunUntil(45);
        Assert.Equal(2, world.Completed[Key]);

        // The last one hears the publisher's clock, then the state of the young one, then until its start the slow one only, and then nobody.
        bool IsCut(SiloAddress from, SiloAddress to)
        {
            var age = world.Queue.Now.TotalSeconds - active ?? 0;
            if (from.Equals(last?.Address) || to.Equals(last?.Address))
            {
                var other = from.Equals(last?.Address) ? to : from;
                return age > (other.Equals(publisher.Address) ? 0.012 : other.Equals(young!.Address) ? 5.3 : 6.5);
            }

            return to.Equals(slow.Address) && age < 6.5 && (from.Equals(publisher.Address) || world.Queue.Now > TimeSpan.FromSeconds(24));
        }
    });

    /// <summary>
    /// A client loses its gateway, so what it sets coherently is sent again, to the next. While that is on its way the client writes more than it can remember, and the verb fails: its caller gives the key up, and
    /// somebody else removes it coherently. When that returns, what was set must not be there, although the gateway has made it later.
    /// </summary>
    [Theory]
    [InlineData(Rule.None, null)]
    [InlineData(Rule.PendingSets, "P1")]
    public void A_coherent_verb_wins_over_what_a_client_has_given_up_and_sent_again(Rule rule, string? property) => Check(rule, property, isReplicated: true, script: world =>
    {
        var writer = world.Start(null);
        world.Start(null);
        var (client, isOnItsWay) = (world.StartClient(), false);
        world.At(39, () => world.Delay = (from, _) => from != client.Address ? 0.01 : world.Queue.Now < TimeSpan.FromSeconds(46) ? null : client.Member.Gateway is not null && !isOnItsWay ? 1 : 0.01);
        world.At(40, () => client.Run(() => world.Do(client.WriteCoherentlyAsync(WriteKind.Set, Key, 0))));
        world.At(46, GiveUp);
        Read(world, writer, 47, 50);
        world.RunUntil(51);
        Assert.Equal(0, client.Pending);
        Assert.True(world.Completed[Key] > 0);

        void GiveUp()
        {
            if (client.Member.Gateway is null)
            {
                world.After(0.01, GiveUp);
                return;
            }

            world.After(0.05, () => isOnItsWay = true);
            world.After(0.1, () => client.Run(() =>
            {
                for (var i = 0; i < World.MaxLane * 2; i++)
                    client.Remove(1 + (i % (World.Keys - 1)));
            }));
            world.After(0.2, () => Write(world, writer));
        }
    });

    /// <summary>No news, no table, and no way to any silo that starts later.</summary>
    private static void Forsake(World world, SimulatedSilo[] silos)
    {
        var known = silos.Select(silo => silo.Address).ToHashSet();
        foreach (var silo in silos)
            world.CutTable(silo, 1_000);
        world.GossipDelay = silo => known.Contains(silo) ? null : 0.01;
        world.Delay = (from, to) => known.Contains(from) == known.Contains(to) ? 0.01 : null;
    }

    private static void Read(World world, SimulatedMember member, double from, double to)
    {
        for (var at = from; at < to; at += 0.1)
            world.At(at, () => member.Run(() => world.Do(member.ReadAsync(Key, 0.01))));
    }

    private static void Write(World world, SimulatedSilo silo, double at) => world.At(at, () => Write(world, silo));

    private static void Write(World world, SimulatedSilo silo) => silo.Run(() => world.Do(silo.WriteCoherentlyAsync(WriteKind.Remove, Key, 0)));

    private void Check(Rule rule, string? property, Action<World> script, bool isReplicated = false, int seed = 1)
    {
        var world = new World(Plan.Calm(seed, 0) with { IsReplicated = isReplicated }, rule) { Delay = static (_, _) => 0.01, GossipDelay = static _ => 0.01 };
        script(world);
        world.CheckBounds();
        output.WriteLine($"{rule}: {string.Join(Environment.NewLine, world.Violations.Take(1))}");
        Assert.True(world.Tally[Seen.HitByPromise] + world.Tally[Seen.HitByTable] + world.Tally[Seen.FillLed] > 0 || isReplicated);
        Assert.Equal(property, world.Violations.Select(Minimizer.PropertyOf).FirstOrDefault());
    }

    /// <summary>
    /// What the protocol does not stand, and what no rule could give beside P8: the whole of a cluster is cut from the table and from a newcomer before it has heard of it, and is
    /// declared dead. To those who were cut off this looks like an outage of the table, during which they are to go on; so they go on, valid by each other's promises.
    /// </summary>
    [Fact]
    public void Silos_that_are_all_cut_off_before_they_hear_of_a_newcomer_go_on_without_it() => Check(Rule.None, "P1", world =>
    {
        SimulatedSilo[] old = [world.Start(null), world.Start(null)];
        world.At(20, () => Forsake(world, old));
        world.At(20.1, () => Read(world, world.Start(null), 35, 45));
        world.At(28, () =>
        {
            foreach (var silo in old)
                world.WriteTable(silo.Address, SiloStatus.Dead);
        });
        world.At(40, () => Write(world, old[0]));
        world.RunUntil(46);
    });
}
