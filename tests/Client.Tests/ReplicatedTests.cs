using CsCheck;

namespace McCache.Client.Tests;

/// <summary>What one member writes, the others hold: values, terms and order, each write in one frame.</summary>
public sealed class ReplicatedTests
{
    private readonly Network _network = new();
    private readonly Network.Member _one;
    private readonly Network.Member _two;
    private readonly IMcCache<string, int> _here;
    private readonly IMcCache<string, int> _there;

    public ReplicatedTests()
    {
        (_one, _two) = (_network.JoinReplica<string, int>(), _network.JoinReplica<string, int>());
        (_here, _there) = (_one.Get<string, int>(), _two.Get<string, int>());
        _network.Pass(); // both have heard each other
        _here.SetRange([new("a", 1), new("b", 2)]);
        _here.Set("c", 3, new CacheEntryOptions { Tags = ["t"] });
        _network.Frames.Clear();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, Action<IMcCache<string, int>>, string> Writes => new()
    {
        { "SetAsync", cache => Run(cache.SetAsync("d", 4)), "a1 b2 c3 d4" },
        { "SetAsync with options", cache => Run(cache.SetAsync("d", 4, new CacheEntryOptions())), "a1 b2 c3 d4" },
        { "indexer", cache => cache["d"] = 4, "a1 b2 c3 d4" },
        { "indexer, an update", cache => cache["a"] = 9, "a9 b2 c3" },
        { "Set", cache => cache.Set("b", 9, new CacheEntryOptions()), "a1 b9 c3" },
        { "Add", cache => cache.Add("d", 4), "a1 b2 c3 d4" },
        { "TryAdd", cache => Assert.True(cache.TryAdd("d", 4)), "a1 b2 c3 d4" },
        { "TryUpdate", cache => Assert.True(cache.TryUpdate("b", 9, 2)), "a1 b9 c3" },
        { "AddOrUpdate, which adds", cache => Assert.Equal(4, cache.AddOrUpdate("d", 4, (_, _) => 5)), "a1 b2 c3 d4" },
        { "AddOrUpdate, which updates", cache => Assert.Equal(3, cache.AddOrUpdate("b", 4, (_, value) => value + 1)), "a1 b3 c3" },
        { "SetRange", cache => cache.SetRange([new("d", 4)]), "a1 b2 c3 d4" },
        { "Remove", cache => Assert.True(cache.Remove("b")), "a1 c3" },
        { "Remove a pair", cache => Assert.True(cache.Remove(new KeyValuePair<string, int>("b", 2))), "a1 c3" },
        { "RemoveAsync", cache => Run(cache.RemoveAsync("b")), "a1 c3" },
        { "RemoveAt", cache => cache.RemoveAt(1), "a1 c3" },
        { "Clear", cache => cache.Clear(), "" },
        { "ClearAsync", cache => Run(cache.ClearAsync()), "" },
        { "RemoveByTagAsync", cache => Run(cache.RemoveByTagAsync("t")), "a1 b2" },
        { "MoveToFirst", cache => Assert.True(cache.MoveToFirst("b")), "b2 a1 c3" },
        { "MoveToLast", cache => Assert.True(cache.MoveToLast("b")), "a1 c3 b2" },
        { "TryPopFirst", cache => Assert.True(cache.TryPopFirst(out _)), "b2 c3" },
        { "TryPopLast", cache => Assert.True(cache.TryPopLast(out _)), "a1 b2" },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public void A_write_is_one_frame_and_shows_here_and_there(string verb, Action<IMcCache<string, int>> write, string expected)
    {
        Assert.NotEmpty(verb);
        write(_here);
        Assert.Single(_network.Frames);
        Assert.Equal(expected, Show(_here));
        Assert.Equal(expected, Show(_there));
        AssertSame();
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public void A_member_writes_what_another_has_set(string verb, Action<IMcCache<string, int>> write, string expected)
    {
        Assert.NotEmpty(verb);
        write(_there);
        Assert.Single(_network.Frames);
        Assert.Equal(expected, Show(_here));
        Assert.Equal(expected, Show(_there));
        AssertSame();
    }

    [Fact]
    public void What_changes_nothing_here_tells_nobody_unless_it_is_a_removal()
    {
        Assert.False(_here.TryAdd("a", 5));
        Assert.False(_here.TryUpdate("a", 5, 6));
        Assert.False(_here.MoveToFirst("not here"));
        Assert.False(_here.Remove(new KeyValuePair<string, int>("a", 5)));
        Assert.Empty(_network.Frames);
        Assert.False(_here.Remove("not here, but maybe there"));
        Assert.Single(_network.Frames);
        AssertSame();
    }

    [Fact]
    public void An_update_keeps_its_place_and_what_was_removed_comes_back_at_the_end()
    {
        _there["a"] = 9;
        _here.Remove("b");
        _there["b"] = 8;
        Assert.Equal("a9 c3 b8", Show(_here));
        Assert.Equal("a9 c3 b8", Show(_there));
        AssertSame();
    }

    [Fact]
    public void With_UpdateMovesToLast_an_update_moves_there_too()
    {
        var network = new Network();
        var caches = Enumerable.Range(0, 2).Select(_ => network.JoinReplica<string, int>(options => options.UpdateMovesToLast = true).Get<string, int>()).ToArray();
        network.Pass();
        caches[0].SetRange([new("a", 1), new("b", 2), new("c", 3)]);
        caches[1]["a"] = 4;
        caches[0].AddOrUpdate("b", 0, (_, value) => value + 3);
        Assert.All(caches, cache => Assert.Equal("c3 a4 b5", Show(cache)));
        Assert.Equal(5, network.Frames.Count);
    }

    [Fact]
    public void Tags_size_and_the_time_that_remains_travel()
    {
        _here.Set("d", 4, new CacheEntryOptions { Tags = ["red", "big"], Size = 1_000, TimeToLive = TimeSpan.FromSeconds(10) });
        Assert.True(_there.TryGetMetadata("d", out var there));
        Assert.True(_here.TryGetMetadata("d", out var here));
        Assert.Equal(["red", "big"], there.Tags);
        Assert.Equal((1_000, here.Expires, here.Version), (there.Size, there.Expires, there.Version));
        _network.Pass(9_900);
        Assert.True(_there.ContainsKey("d"));
        _network.Pass(200);
        Assert.False(_there.ContainsKey("d"));
        Assert.False(_here.ContainsKey("d"));
        Assert.Single(_network.Frames);
        AssertSame();
    }

    [Fact]
    public void The_caches_own_time_to_live_travels_and_an_update_begins_it_anew()
    {
        var network = new Network();
        var here = network.JoinReplica<string, int>(options => options.TimeToLive = TimeSpan.FromSeconds(5)).Get<string, int>();
        var there = network.JoinReplica<string, int>().Get<string, int>();
        network.Pass();
        here["a"] = 1;
        network.Pass(4_000);
        here["a"] = 2;
        network.Pass(4_000);
        Assert.Equal(2, there["a"]);
        network.Pass(1_100);
        Assert.False(there.ContainsKey("a"));
    }

    [Fact]
    public void A_version_is_newer_than_what_it_supersedes_and_the_same_everywhere()
    {
        Assert.True(_here.TryGetMetadata("a", out var before));
        _there["a"] = 5;
        Assert.True(_here.TryGetMetadata("a", out var here));
        Assert.True(_there.TryGetMetadata("a", out var there));
        Assert.Equal(there.Version, here.Version);
        Assert.True(here.Version > before.Version);
        Assert.Equal(_two.Channel.Member, here.Version!.Value.Member);
        _ = _here.GetOrAdd("fill", _ => 1);
        Assert.True(_here.TryGetMetadata("fill", out var fill));
        Assert.Null(fill.Version);
    }

    [Fact]
    public void Null_values_travel()
    {
        var network = new Network();
        var (here, there) = (network.JoinReplica<string, string?>(), network.JoinReplica<string, string?>());
        network.Pass();
        here.Get<string, string?>()["a"] = null;
        Assert.True(there.Get<string, string?>().TryGetValue("a", out var value));
        Assert.Null(value);
        Assert.Equal(0, there.Get<string, string?>().Statistics.UnreadableValues);
    }

    [Fact]
    public async Task A_fill_is_told_to_nobody_and_is_in_no_digest()
    {
        var digest = _one.Replica<string, int>().Digest();
        Assert.Equal(5, _here.GetOrAdd("fill", _ => 5));
        Assert.Equal(6, await _here.GetOrAddAsync("another", (_, _) => new ValueTask<int>(6), Token));
        Assert.Empty(_network.Frames);
        Assert.False(_there.ContainsKey("fill"));
        Assert.Equal(digest, _one.Replica<string, int>().Digest());
        AssertSame();
        _network.Pass(10_000); // comparing changes nothing about that
        Assert.Equal(5, _here["fill"]);
        Assert.False(_there.ContainsKey("fill"));
        Assert.Empty(_network.Frames);
    }

    [Fact]
    public void A_write_there_replaces_a_fill_here()
    {
        Assert.Equal(5, _here.GetOrAdd("fill", _ => 5));
        _there["fill"] = 6;
        Assert.Equal(6, _here["fill"]);
        Assert.Equal(7, _here.GetOrAdd("gone", _ => 7));
        _there.Remove("gone");
        Assert.False(_here.ContainsKey("gone"));
        AssertSame();
    }

    [Fact]
    public async Task A_write_there_breaks_a_flight_here()
    {
        foreach (var write in new Action[] { () => _there["fill"] = 2, () => _there.Remove("fill"), () => _there.Clear() })
        {
            _there.Remove("fill");
            var (gate, broken) = (new TaskCompletionSource<int>(), _here.Statistics.BrokenFlights);
            var filling = _here.GetOrAddAsync("fill", (_, _) => gate.Task, Token).AsTask();
            write();
            gate.SetResult(1);
            Assert.Equal(1, await filling);
            Assert.NotEqual(1, _here.TryGetValue("fill", out var value) ? value : 0);
            Assert.Equal(broken + 1, _here.Statistics.BrokenFlights);
            AssertSame();
        }
    }

    [Fact]
    public void Eviction_and_expiry_are_local_and_told_to_nobody()
    {
        var network = new Network();
        var (small, large) = (network.JoinReplica<int, int>(options => options.MaxEntries = 10), network.JoinReplica<int, int>());
        network.Pass();
        for (var i = 0; i < 100; i++)
            large.Get<int, int>()[i] = i;
        network.Pass(5_000);
        Assert.Equal((10, 100, 100), (small.Get<int, int>().Count, large.Get<int, int>().Count, network.Frames.Count));
        Assert.True(small.Replica<int, int>().Local.IsPartial);
        small.Replica<int, int>().Local.Check();
    }

    [Fact]
    public void A_coherent_verb_that_meets_something_newer_is_made_again()
    {
        _two.Channel.Stamps.Observe(_two.Channel.Stamps.Next() + (10_000L << 16)); // there, clocks are ahead by ten seconds
        _network.IsHeld = true;
        _there["a"] = 5;
        var setting = Quietly(() => _here.SetAsync("a", 6, Token).AsTask());
        _network.DeliverAll();
        Assert.True(setting.IsCompletedSuccessfully);
        Assert.Equal("a6 b2 c3", Show(_here));
        Assert.Equal("a6 b2 c3", Show(_there));
        Assert.Equal(1, _one.Replica<string, int>().Replica.Repeats);
        Assert.Equal(3, _network.Frames.Count);
        AssertSame();
    }

    [Fact]
    public void A_verb_that_is_made_again_does_not_tell_the_place_that_its_key_had_the_first_time()
    {
        _two.Channel.Stamps.Observe(_two.Channel.Stamps.Next() + (10_000L << 16));
        _network.IsHeld = true;
        _there.Remove("a"); // heard here between the two
        var setting = Quietly(() => _here.SetAsync("a", 6, Token).AsTask());
        _network.DeliverAll();
        Assert.True(setting.IsCompletedSuccessfully);
        Assert.Equal(1, _one.Replica<string, int>().Replica.Repeats);
        Assert.Equal("b2 c3 a6", Show(_here));
        Assert.Equal("b2 c3 a6", Show(_there));
        AssertSame();
    }

    [Fact]
    public void A_dictionary_verb_that_meets_something_newer_loses()
    {
        _two.Channel.Stamps.Observe(_two.Channel.Stamps.Next() + (10_000L << 16));
        _network.IsHeld = true;
        _there["a"] = 5;
        _here["a"] = 6;
        _network.DeliverAll();
        Assert.Equal("a5 b2 c3", Show(_here));
        Assert.Equal("a5 b2 c3", Show(_there));
        AssertSame();
    }

    [Fact]
    public void A_cancelled_verb_has_been_made_all_the_same()
    {
        using var cancelled = new CancellationTokenSource();
        _network.IsHeld = true;
        var setting = Quietly(() => _here.SetAsync("a", 6, cancelled.Token).AsTask());
        Assert.False(setting.IsCompleted);
        cancelled.Cancel();
        _network.DeliverAll();
        Assert.Equal(6, _here["a"]);
        Assert.Equal(6, _there["a"]);
        Assert.Single(_network.Frames);
    }

    [Fact]
    public void After_any_mix_of_verbs_in_any_interleaving_all_are_the_same()
        => Gen.Select(Gen.Int[2, 3], Gen.Select(Gen.Int[0, 2], Gen.Int[0, 13], Gen.Int[0, 5], Gen.Int[0, 100]).Array[1, 60]).Sample(
            (members, steps) =>
            {
                var network = new Network { IsHeld = true };
                Network.Member[] all = [.. Enumerable.Range(0, members).Select(_ => network.JoinReplica<string, int>())];
                network.Pass();
                var verbs = new List<Task>();
                Quietly(() =>
                {
                    foreach (var (member, verb, key, number) in steps)
                        Step(all[member % members].Get<string, int>(), verb, $"{key}", number);
                    network.DeliverAll();
                    return Task.CompletedTask;
                });
                Assert.All(verbs, verb => Assert.True(verb.IsCompletedSuccessfully));
                network.Pass(20);
                foreach (var member in all)
                {
                    member.Replica<string, int>().Local.Check();
                    Assert.Equal(Written(all[0].Get<string, int>()), Written(member.Get<string, int>()));
                    Assert.Equal(all[0].Replica<string, int>().Digest(), member.Replica<string, int>().Digest());
                }

                void Step(IMcCache<string, int> cache, int verb, string key, int number)
                {
                    switch (verb)
                    {
                        case 0: cache[key] = number; break;
                        case 1: cache.Set(key, number, new CacheEntryOptions { Tags = [$"{number % 2}"] }); break;
                        case 2: cache.Remove(key); break;
                        case 3: cache.MoveToFirst(key); break;
                        case 4: cache.MoveToLast(key); break;
                        case 5: cache.TryPopFirst(out _); break;
                        case 6: cache.TryPopLast(out _); break;
                        case 7: cache.AddOrUpdate(key, number, (_, value) => value + 1); break;
                        case 8: cache.GetOrAdd(key, _ => -1); break;
                        case 9: verbs.Add(cache.SetAsync(key, number).AsTask()); break;
                        case 10: verbs.Add(cache.RemoveAsync(key).AsTask()); break;
                        case 11: verbs.Add(number % 8 == 0 ? cache.ClearAsync().AsTask() : cache.RemoveByTagAsync($"{number % 2}").AsTask()); break;
                        default:
                            for (var i = 0; i <= verb - 12; i++)
                                network.DeliverOne(number + i);
                            break;
                    }
                }
            },
            iter: 60);

    // Unpacking. ---------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_value_is_unpacked_at_its_first_read_once_for_many_readers()
    {
        var network = new Network();
        var (here, there) = (network.JoinReplica<int, Parcel>().Get<int, Parcel>(), network.JoinReplica<int, Parcel>().Get<int, Parcel>());
        network.Pass();
        var unpacked = new Counter();
        here[1] = new Parcel { Name = unpacked.Name };
        here[2] = new Parcel { Name = unpacked.Name };
        Assert.True(there.ContainsKey(1));
        Assert.True(there.TryGetMetadata(1, out _));
        Assert.Equal((2, 1), (there.Count, there.IndexOf(2)));
        there.MoveToLast(1);
        Assert.Equal(0, unpacked.Count);
        using var start = new Barrier(4);
        var read = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return there[1];
            },
            Token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Equal(1, unpacked.Count);
        Assert.All(read, value => Assert.Same(read[0], value));
        Assert.Same(read[0], there[1]);
        Assert.Equal(1, unpacked.Count); // the other is still packed
    }

    [Fact]
    public void A_value_that_cannot_be_unpacked_is_a_miss_and_is_counted()
    {
        var network = new Network();
        var (here, there) = (network.JoinReplica<int, Parcel>().Get<int, Parcel>(), network.JoinReplica<int, Parcel>());
        network.Pass();
        here[1] = new Parcel { Name = Parcel.Broken };
        here[2] = new Parcel { Name = "good" };
        here[3] = new Parcel { Name = Parcel.Broken };
        var cache = there.Get<int, Parcel>();
        Assert.False(cache.TryGetValue(1, out _));
        Assert.Equal([2], cache.ToArray().Select(pair => pair.Key));
        Assert.Equal(2, cache.Statistics.UnreadableValues);
        Assert.Throws<KeyNotFoundException>(() => cache[1]);
        Assert.Equal("own", cache.GetOrAdd(1, _ => new Parcel { Name = "own" }).Name);
        Assert.Equal(2, cache.Statistics.UnreadableValues);
        there.Replica<int, Parcel>().Local.Check();
    }

    // Before the start. ---------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task What_is_set_before_the_start_is_a_removal_unless_somebody_waits_for_it()
    {
        var late = _network.JoinReplica<string, int>(isStarted: false);
        var cache = late.Get<string, int>();
        cache["a"] = 9;
        cache.Remove("b");
        var setting = Quietly(() => cache.SetAsync("d", 4, new CacheEntryOptions { Tags = ["t"] }, Token).AsTask());
        _network.Pass(1_000);
        Assert.False(setting.IsCompleted);
        Assert.Empty(_network.Frames);
        Assert.Empty(cache);
        Assert.Equal("a1 b2 c3", Show(_here));
        _network.Start(late);
        Assert.Equal(3, _network.Frames.Count);
        await setting;
        _network.Pass();
        foreach (var member in new[] { _here, _there, cache })
            Assert.Equal("c3 d4", Show(member));
        Assert.True(_here.TryGetMetadata("d", out var metadata));
        Assert.Equal(["t"], metadata.Tags);
        Assert.False(late.Replica<string, int>().IsEarly);
        Assert.Equal(_one.Replica<string, int>().Digest(), late.Replica<string, int>().Digest());
    }

    [Fact]
    public void A_member_that_waits_before_it_knows_the_others_takes_what_they_have()
    {
        var late = _network.JoinReplica<string, int>(isStarted: false, isAlone: true);
        _network.Pass(1_000);
        _network.Meet(late);
        _network.Start(late);
        _network.Pass(10_000);
        foreach (var member in new[] { _here, _there, late.Get<string, int>() })
            Assert.Equal("a1 b2 c3", Show(member));
    }

    [Fact]
    public async Task What_is_set_before_the_start_wins_over_what_others_set_meanwhile_if_somebody_waits_for_it()
    {
        var late = _network.JoinReplica<string, int>(isStarted: false);
        var setting = Quietly(() => late.Get<string, int>().SetAsync("a", 9, Token).AsTask());
        late.Get<string, int>()["b"] = 9;
        _here["a"] = 5;
        _network.Pass(1_000);
        _here["a"] = 6;
        _network.Start(late);
        await setting;
        _network.Pass();
        foreach (var member in new[] { _here, _there, late.Get<string, int>() })
            Assert.Equal("c3 a9", Show(member)); // where it was set it came in new
    }

    [Fact]
    public async Task A_large_value_may_be_set_before_the_start()
    {
        var network = new Network();
        var early = network.JoinReplica<string, byte[]>();
        network.Pass();
        var late = network.JoinReplica<string, byte[]>(isStarted: false);
        var setting = Quietly(() => late.Get<string, byte[]>().SetAsync("large", Bytes(300_000), Token).AsTask());
        network.Start(late);
        await setting;
        network.PassUntil(() => early.Get<string, byte[]>().ContainsKey("large") && late.Get<string, byte[]>().ContainsKey("large"));
        Assert.Equal(Bytes(300_000), early.Get<string, byte[]>()["large"]);
        Assert.Equal(Bytes(300_000), late.Get<string, byte[]>()["large"]);
        network.Pass(40_000);
        Assert.Equal((0L, 0L), (early.Replica<string, byte[]>().LargeBytes, late.Replica<string, byte[]>().LargeBytes));
    }

    [Fact]
    public void Too_many_early_writes_are_refused_clearly()
    {
        var cache = _network.JoinReplica<string, int>(isStarted: false).Get<string, int>();
        for (var i = 0; i < 10_000; i++)
            cache.Remove($"{i}");
        var exception = Assert.Throws<InvalidOperationException>(() => cache.Remove("one more"));
        Assert.Contains("'cache'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("before this member had started", exception.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => { _ = cache.SetAsync("one more", 1, Token).AsTask(); });
    }

    [Fact]
    public async Task A_member_that_ends_before_its_start_fails_who_waits()
    {
        var late = _network.JoinReplica<string, int>(isStarted: false);
        var setting = Quietly(() => late.Get<string, int>().SetAsync("d", 4, Token).AsTask());
        await late.Services.DisposeAsync();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => setting);
        Assert.Contains("ended before it had started", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_network.Frames);
    }

    // What is refused. ----------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_value_that_the_serializer_refuses_fails_the_write_before_anything_changed()
    {
        var network = new Network();
        var (one, two) = (network.JoinReplica<string, object>(), network.JoinReplica<string, object>());
        var (here, there) = (one.Get<string, object>(), two.Get<string, object>());
        network.Pass();
        here["a"] = 1;
        var digest = one.Replica<string, object>().Digest();
        network.Frames.Clear();
        foreach (var write in new Action[]
        {
            () => here["a"] = new Unserializable(1),
            () => here.TryAdd("b", new Unserializable(1)),
            () => here.TryUpdate("a", new Unserializable(1), 1),
            () => here.AddOrUpdate("a", 1, (_, _) => new Unserializable(1)),
            () => here.Set("a", new object[] { 1, new Unserializable(1) }, new CacheEntryOptions { Tags = ["t"] }),
            () => _ = here.SetAsync("a", new Unserializable(1), Token).AsTask(),
        })
        {
            var exception = Assert.Throws<NotSupportedException>(write);
            Assert.Contains(nameof(Unserializable), exception.Message, StringComparison.Ordinal);
            Assert.Contains("[GenerateSerializer]", exception.Message, StringComparison.Ordinal);
            Assert.Contains("Nothing was changed", exception.Message, StringComparison.Ordinal);
        }

        Assert.Empty(network.Frames);
        Assert.Equal(digest, one.Replica<string, object>().Digest());
        Assert.Equal([new("a", 1)], here.ToArray());
        Assert.Equal([new("a", 1)], there.ToArray());
        here["a"] = 2; // and what is written next is not what was left over
        Assert.Equal(2, there["a"]);
        Assert.Equal(0L, one.Replica<string, object>().LargeBytes);
    }

    [Fact]
    public void A_key_that_the_serializer_refuses_fails_the_write_before_anything_changed()
    {
        var network = new Network();
        var cache = network.JoinReplica<Unserializable, int>().Get<Unserializable, int>();
        network.Pass();
        var key = new Unserializable(1);
        Assert.Equal(5, cache.GetOrAdd(key, _ => 5));
        foreach (var write in new Action[] { () => cache[key] = 1, () => cache.Remove(key), () => cache.MoveToFirst(key), () => cache.TryPopFirst(out _), () => cache.RemoveAt(0) })
            Assert.Contains(nameof(Unserializable), Assert.Throws<NotSupportedException>(write).Message, StringComparison.Ordinal);
        Assert.Equal([new(key, 5)], cache.ToArray());
        Assert.Empty(network.Frames);
    }

    [Fact]
    public void A_value_over_MaxLargeValueBytes_fails_the_write_before_anything_changed()
    {
        var network = new Network();
        Network.Member[] members = [.. Enumerable.Range(0, 2).Select(_ => network.JoinReplica<string, byte[]>(options: options => options.MaxLargeValueBytes = 1024 * 1024))];
        var (here, there) = (members[0].Get<string, byte[]>(), members[1].Get<string, byte[]>());
        network.Pass();
        here["a"] = [1];
        network.Frames.Clear();
        foreach (var write in new Action[] { () => here["a"] = new byte[1024 * 1024], () => _ = here.SetAsync("a", new byte[1024 * 1024], Token).AsTask() })
        {
            var exception = Assert.Throws<ArgumentException>("value", write);
            Assert.Contains("McCacheOptions.MaxLargeValueBytes, which is 1048576", exception.Message, StringComparison.Ordinal);
            Assert.Matches("The value takes 10485[0-9]{2} bytes", exception.Message);
        }

        Assert.Empty(network.Frames);
        Assert.Equal([1], here["a"]);
        Assert.Equal([1], there["a"]);
        Assert.All(members, member => Assert.Equal(0, member.Replica<string, byte[]>().LargeBytes));
    }

    private void AssertSame()
    {
        _one.Replica<string, int>().Local.Check();
        _two.Replica<string, int>().Local.Check();
        Assert.Equal(_one.Replica<string, int>().Digest(), _two.Replica<string, int>().Digest());
        Assert.Equal(Written(_here), Written(_there));
    }

    /// <summary>All but fills.</summary>
    private static KeyValuePair<string, int>[] Written(IMcCache<string, int> cache)
        => [.. cache.ToArray().Where(pair => cache.TryGetMetadata(pair.Key, out var metadata) && metadata.Version is not null)];

    private static string Show(IMcCache<string, int> cache) => string.Join(' ', cache.Select(pair => $"{pair.Key}{pair.Value}"));

    private static void Run(ValueTask verb) => Assert.True(verb.IsCompletedSuccessfully);

    internal static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
#pragma warning disable CA5394 // Any bytes will do.
        new Random(seed).NextBytes(bytes);
#pragma warning restore CA5394
        return bytes;
    }

    /// <summary>Begins something that goes on inside what it waits for, and not later on the test's context.</summary>
    internal static Task Quietly(Func<Task> begin)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return begin();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private sealed record Unserializable(int Id);
}

/// <summary>A value that tells when it is unpacked.</summary>
public sealed class Parcel
{
    internal const string Broken = "broken";

    public string Name { get; init; } = "";
}

[GenerateSerializer]
public struct ParcelSurrogate
{
    [Id(0)]
    public string Name { get; set; }
}

[RegisterConverter]
public sealed class ParcelConverter : IConverter<Parcel, ParcelSurrogate>
{
    public Parcel ConvertFromSurrogate(in ParcelSurrogate surrogate)
    {
        if (surrogate.Name == Parcel.Broken)
            throw new FormatException("on purpose");
        Counter.Note(surrogate.Name);
        return new Parcel { Name = surrogate.Name };
    }

    public ParcelSurrogate ConvertToSurrogate(in Parcel value) => new() { Name = value.Name };
}

/// <summary>Counts the parcels of its name that were unpacked.</summary>
internal sealed class Counter
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, Counter> s_counters = new();
    private int _count;

    internal Counter() => s_counters[Name] = this;

    internal string Name { get; } = Guid.NewGuid().ToString();

    internal int Count => Volatile.Read(ref _count);

    internal static void Note(string name)
    {
        if (s_counters.TryGetValue(name, out var counter))
            Interlocked.Increment(ref counter._count);
    }
}
