using Microsoft.Extensions.Time.Testing;
using static McCache.Core.Tests.Replicas;

namespace McCache.Core.Tests;

/// <summary>The rules of a replicating cache, one by one.</summary>
public class ReplicaTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Places_sort_the_end_by_version_and_the_front_by_the_reverse()
    {
        Place[] places = [Place.AtFront(V(9, 2)), Place.AtFront(V(9, 1)), Place.AtFront(V(1, ulong.MaxValue)), Place.AtEnd(V(1)), Place.AtEnd(V(9, 1)), Place.AtEnd(V(9, 2))];
        Assert.Equal(places, places.Reverse().Order());
        Assert.Equal(places, places.OrderByDescending(place => place.Mirrored));
        Assert.Equal([V(9, 2), V(9, 1), V(1, ulong.MaxValue), V(1), V(9, 1), V(9, 2)], places.Select(place => place.Version));
        Assert.Equal([true, true, true, false, false, false], places.Select(place => place.IsFront));
        Assert.Equal((new Place(3, 5), new Place(4, 0)), (new Place(3, 4).Next, new Place(3, ulong.MaxValue).Next));
        Assert.Equal(places[^1], Place.Later(places[^1], places[^2]));
        Assert.Equal(places[0], Place.Later(places[2], places[0]));
    }

    // Own verbs. ----------------------------------------------------------------------------------------------------------------------------

    public static TheoryData<Coherence> Modes => [Coherence.Invalidate, Coherence.Replicate];

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_verb_tells_once_if_it_does_something(Coherence mode)
    {
        var cache = Make(options => options.Coherence = mode);
        long timestamp = 0;
        int told = 0;
        Is(1, change => cache.Set(1, 1, null, change));
        Is(1, change => cache.Set(1, 1, null, change));
        Is(1, change => Assert.True(cache.TryAdd(2, 2, null, change)));
        Is(0, change => Assert.False(cache.TryAdd(2, 2, null, change)));
        Is(1, change => Assert.True(cache.TryUpdate(2, 3, 2, null, change)));
        Is(0, change => Assert.False(cache.TryUpdate(2, 3, 2, null, change)));
        Is(0, change => Assert.False(cache.TryUpdate(9, 3, 2, null, change)));
        Is(1, change => Assert.True(cache.MoveTo(1, last: true, change)));
        Is(0, change => Assert.False(cache.MoveTo(9, last: true, change)));
        Is(0, change => Assert.False(cache.TryReplace(null, 0, 1, 1, null, change)));
        Is(1, change => Assert.True(cache.TryReplace(cache.Peek(1), 1, 1, 7, null, change)));
        Is(1, change => Assert.True(cache.Remove(1, out _, change)));
        Is(1, change => Assert.False(cache.Remove(1, out _, change)));
        Is(0, change => Assert.False(cache.Remove(2, 99, change)));
        Is(1, change => Assert.True(cache.Remove(2, 3, change)));
        Is(1, change => cache.Set(3, 3, null, change));
        Is(1, change => Assert.True(cache.TryPop(cache.Peek(last: true)!, last: true, change)));
        Is(1, change => cache.Set(3, 3, null, change));
        var peeked = cache.PeekAt(0)!;
        Is(1, change => Assert.True(cache.TryRemove(peeked, change)));
        Is(0, change => Assert.False(cache.TryRemove(peeked, change)));
        Is(0, change => Assert.False(cache.TryPop(peeked, last: true, change)));
        Is(1, change => cache.RemoveByTag("t", CacheChangeKind.Removed, change));
        Is(1, change => cache.Clear(CacheChangeKind.Removed, change));
        Assert.Equal(0, cache.Count);

        void Is(int times, Action<Told> verb)
        {
            var change = new Told(Hash(1), _ => V(++timestamp));
            verb(change);
            told++;
            Assert.True(change.Sent.Count == times, $"verb {told} told {change.Sent.Count} times");
            cache.Check();
        }
    }

    [Fact]
    public void Without_a_version_verbs_report_and_change_nothing()
    {
        var cache = Make();
        cache.SetAt(1, 10, 5, new() { Tags = ["t"] });
        cache.SetAt(2, 11, 6);
        cache.SetAt(3, 0, 7);
        Assert.True(cache.TryAdd(4, 4, null, new Told(4, 0)));
        Assert.True(cache.TryUpdate(1, 9, 5, null, new Told(1, 0)));
        Assert.True(cache.MoveTo(1, last: true, new Told(1, 0)));
        Assert.True(cache.Remove(1, out int value, new Told(1, 0)));
        Assert.True(cache.TryPop(cache.Peek(last: true)!, last: true, new Told(2, 0)));
        Assert.Equal(1, cache.RemoveByTag("t", CacheChangeKind.Removed, new Told(0, 0)));
        cache.Clear(CacheChangeKind.Removed, new Told(0, 0));
        cache.Set(1, 8);
        Assert.Equal((5, 5, "1 2"), (value, cache.ValueOf(1)!.Value, cache.Order()));
    }

    [Fact]
    public void A_write_tells_the_place_that_its_key_keeps()
    {
        var cache = Make();
        Assert.Equal([default], Set(10));
        Assert.Equal([Place.AtEnd(V(10))], Set(20));
        cache.MoveTo(1, last: false, new Told(1, 30));
        Assert.Equal([Place.AtFront(V(30))], Set(40));
        cache.Evict(1);
        Assert.Equal([default], Set(50));
        var moving = Make(options => options.UpdateMovesToLast = true);
        moving.SetAt(1, 10);
        moving.SetAt(2, 11);
        var change = new Told(1, 12);
        moving.Set(1, 0, null, change);
        Assert.Equal([default], change.Sent);
        Assert.Equal("2 1", moving.Order());

        List<Place> Set(long timestamp)
        {
            var change = new Told(1, timestamp);
            cache.Set(1, 0, null, change);
            return change.Sent;
        }
    }

    [Fact]
    public void A_write_over_an_expired_key_or_a_fill_goes_to_the_end()
    {
        var cache = Make(time: _time);
        cache.GetOrAdd(1, _ => 1);
        cache.SetAt(2, 10, options: new() { TimeToLive = TimeSpan.FromSeconds(1) });
        cache.SetAt(3, 11);
        cache.SetAt(1, 12);
        _time.Advance(TimeSpan.FromSeconds(1));
        cache.SetAt(2, 13);
        Assert.Equal("3 1 2", cache.Order());
    }

    [Fact]
    public void Metadata_has_the_version_of_the_write()
    {
        var cache = Make();
        cache.SetAt(1, 10);
        cache.Hear(2, 11);
        cache.GetOrAdd(3, _ => 0);
        Assert.Equal((V(10), V(11, 2), null), (cache.VersionOf(1), cache.VersionOf(2), cache.VersionOf(3)));
    }

    // Values. -------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void The_later_value_wins()
    {
        var cache = Make();
        Assert.Equal(Merge.Taken, cache.Hear(1, 10, 1));
        Assert.Equal(Merge.Known, cache.Hear(1, 10, 99));
        Assert.Equal(Merge.Overruled, cache.Hear(1, 9, 99));
        Assert.Equal(1, cache.ValueOf(1));
        Assert.Equal(Merge.Taken, cache.Hear(1, 11, 2));
        Assert.Equal(2, cache.ValueOf(1));
        cache.SetAt(1, 5, 99); // told, and overruled: somebody's clock is ahead
        Assert.Equal(2, cache.ValueOf(1));
        cache.Check();
    }

    [Fact]
    public void Of_two_places_the_later_given_wins_whatever_the_value_does()
    {
        var cache = Make();
        cache.Hear(1, 10);
        cache.Hear(2, 11);
        Assert.Equal("1 2", cache.Order());
        cache.Hear(1, 9, place: Place.AtEnd(V(12))); // an older value
        Assert.Equal("2 1", cache.Order());
        cache.Hear(2, 20, place: Place.AtFront(V(5))); // a newer value with an older place
        Assert.Equal("2 1", cache.Order());
        cache.Hear(1, 10, place: Place.AtFront(V(21))); // the same value
        Assert.Equal("1 2", cache.Order());
        cache.Hear(1, 22, place: Place.AtEnd(V(12))); // an older place that is behind
        Assert.Equal("1 2", cache.Order());
    }

    [Fact]
    public void Keys_come_by_place_whatever_the_order_of_arrival()
    {
        var random = new Random(5);
        int[] keys = [.. Enumerable.Range(1, 300)];
        for (int round = 0; round < 5; round++)
        {
            random.Shuffle(keys);
            var cache = Make();
            foreach (int key in keys)
            {
                cache.Hear(key, 1_000 + key, place: key % 3 == 0 ? Place.AtFront(V(key)) : Place.AtEnd(V(key)));
            }

            int[] expected = [.. keys.Where(key => key % 3 == 0).OrderDescending(), .. keys.Where(key => key % 3 != 0).Order()];
            Assert.Equal(expected, cache.ToArray().Select(item => item.Key));
            cache.Check();
        }
    }

    // Moves. --------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_later_move_moves()
    {
        var cache = Make();
        cache.Hear(1, 10);
        cache.Hear(2, 11);
        Assert.Equal(Merge.Taken, cache.MergeMove(1, Place.AtEnd(V(12))));
        Assert.Equal("2 1", cache.Order());
        Assert.Equal(Merge.Known, cache.MergeMove(1, Place.AtEnd(V(12))));
        Assert.Equal(Merge.Overruled, cache.MergeMove(1, Place.AtFront(V(11))));
        Assert.Equal(Merge.Taken, cache.MergeMove(1, Place.AtFront(V(13))));
        Assert.Equal(Merge.Taken, cache.MergeMove(2, Place.AtFront(V(14))));
        Assert.Equal("2 1", cache.Order());
    }

    [Fact]
    public void A_move_revives_nothing_and_is_remembered_for_the_value()
    {
        var cache = Make();
        cache.Hear(2, 10);
        Assert.Equal(Merge.Ignored, cache.MergeMove(1, Place.AtFront(V(20))));
        Assert.Equal(("2", 1), (cache.Order(), cache.Everything().Keys.Count));
        cache.Hear(1, 15);
        Assert.Equal("1 2", cache.Order());
        cache.HearRemoval(1, 30);
        Assert.Equal(Merge.Ignored, cache.MergeMove(1, Place.AtFront(V(31))));
        cache.Hear(1, 32, place: Place.AtEnd(V(15)));
        Assert.Equal("1 2", cache.Order());
    }

    [Fact]
    public void What_is_remembered_of_a_move_goes_with_the_floor()
    {
        var cache = Make();
        cache.MergeMove(1, Place.AtFront(V(20)));
        cache.Hear(2, 5);
        cache.HearRemoval(2, 10);
        cache.MergeMove(2, Place.AtFront(V(21)));
        Assert.Equal(2, cache.Statistics.Tombstones);
        cache.RaiseFloor(20);
        cache.Check();
        Assert.Equal((1, 0), (cache.Statistics.Tombstones, cache.Everything().Keys.Count));
        cache.RaiseFloor(21);
        cache.Check();
        Assert.Equal(0, cache.Statistics.Tombstones);
        cache.MergeMove(3, Place.AtFront(V(21)));
        Assert.Equal(0, cache.Statistics.Tombstones);
    }

    [Fact]
    public void A_fill_that_is_moved_stays_a_fill()
    {
        var cache = Make();
        cache.Hear(1, 10);
        cache.GetOrAdd(2, _ => 0);
        ulong digest = cache.ReplicaDigest;
        Assert.Equal(Merge.Ignored, cache.MergeMove(2, Place.AtFront(V(11))));
        Assert.Equal("1 2", cache.Order());
        var change = new Told(2, 12);
        Assert.True(cache.MoveTo(2, last: false, change));
        Assert.Equal(("2 1", digest, 1), (cache.Order(), cache.ReplicaDigest, change.Sent.Count));
        cache.Hear(2, 5);
        Assert.Equal("2 1", cache.Order());
    }

    // Removals. -----------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_removal_leaves_a_tombstone_that_older_values_do_not_pass()
    {
        var cache = Make();
        cache.Hear(1, 10);
        Assert.Equal(Merge.Taken, cache.HearRemoval(1, 20));
        Assert.Equal(Merge.Known, cache.HearRemoval(1, 20));
        Assert.Equal(Merge.Overruled, cache.HearRemoval(1, 19));
        Assert.Equal(Merge.Overruled, cache.Hear(1, 19));
        Assert.Equal(Merge.Known, cache.Hear(1, 20));
        Assert.Equal(("", 1), (cache.Order(), cache.Statistics.Tombstones));
        Assert.Equal(Merge.Taken, cache.Hear(1, 21));
        Assert.Equal(Merge.Overruled, cache.HearRemoval(1, 20));
        Assert.Equal(("1", 0), (cache.Order(), cache.Statistics.Tombstones));
    }

    [Fact]
    public void At_equal_version_a_removal_beats_a_value()
    {
        var cache = Make();
        cache.Hear(1, 10);
        Assert.Equal(Merge.Taken, cache.HearRemoval(1, 10));
        Assert.Equal("", cache.Order());
    }

    [Fact]
    public void An_own_removal_of_an_absent_key_leaves_a_tombstone()
    {
        var cache = Make();
        cache.RemoveAt(1, 20);
        Assert.Equal(Merge.Overruled, cache.Hear(1, 19));
    }

    [Fact]
    public void Tombstones_go_with_the_floor_which_never_falls()
    {
        var cache = Make();
        cache.HearRemoval(1, 10);
        cache.HearRemoval(2, 20);
        cache.Hear(3, 5);
        cache.RaiseFloor(10);
        cache.RaiseFloor(9);
        cache.Check();
        Assert.Equal((1, 10L, "3"), (cache.Statistics.Tombstones, cache.Floor, cache.Order()));
        Assert.Equal(Merge.Taken, cache.HearRemoval(4, 10));
        Assert.Equal((1, 0L), (cache.Statistics.Tombstones, cache.Statistics.ForgottenTombstones));
    }

    [Fact]
    public void Too_many_tombstones_are_forgotten_from_the_oldest_on()
    {
        var options = new CacheOptions { Coherence = Coherence.Replicate };
        var cache = new LocalCache<int, int>("test", options) { MaxTombstones = 10 };
        foreach (int key in Enumerable.Range(1, 25).Reverse())
        {
            cache.HearRemoval(key, key);
            cache.Check();
        }

        Assert.Equal((10, 15L), (cache.Statistics.Tombstones, cache.Statistics.ForgottenTombstones));
        Assert.Equal(Enumerable.Range(16, 10), cache.Everything().Keys.Select(state => state.Key).Order());
        for (int i = 0; i < 1_500; i++)
        {
            cache.MergeTagRemoval($"t{i}", V(100 + i));
        }

        cache.Check();
        Assert.Equal((1_000, 515L), (cache.Everything().Tags.Length, cache.Statistics.ForgottenTombstones));
        Assert.DoesNotContain(("t499", V(599)), cache.Everything().Tags);
    }

    [Fact]
    public void Ages_do_not_pile_up_while_the_floor_stands()
    {
        var cache = Make();
        for (int i = 1; i < 1_000; i++)
        {
            cache.RemoveAt(1, i * 2);
            cache.SetAt(1, (i * 2) + 1);
        }

        cache.Check();
        var ages = (System.Collections.Generic.PriorityQueue<LocalCache<int, int>.Register, CacheVersion>)typeof(LocalCache<int, int>)
            .GetField("_byAge", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(cache)!;
        Assert.InRange(ages.Count, 0, 70);
    }

    // Clears. -------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_clear_takes_what_is_older_and_fills()
    {
        var cache = Make();
        cache.Hear(1, 10);
        cache.Hear(2, 30);
        cache.GetOrAdd(3, _ => 0);
        cache.HearRemoval(4, 10);
        cache.HearRemoval(5, 30);
        Assert.Equal(Merge.Overruled, cache.MergeClear(V(20)));
        Assert.Equal(("2", 1), (cache.Order(), cache.Statistics.Tombstones));
        Assert.Equal(Merge.Taken, cache.MergeClear(V(40)));
        Assert.Equal(("", 0), (cache.Order(), cache.Statistics.Tombstones));
        Assert.Equal(Merge.Known, cache.MergeClear(V(40)));
    }

    [Fact]
    public void What_is_older_than_a_clear_comes_too_late()
    {
        var cache = Make();
        cache.Clear(CacheChangeKind.Removed, new Told(0, 20));
        Assert.Equal(Merge.Overruled, cache.Hear(1, 19));
        Assert.Equal(Merge.Overruled, cache.HearRemoval(1, 19));
        Assert.Equal(Merge.Overruled, cache.MergeMove(1, Place.AtEnd(V(19))));
        cache.Check();
        Assert.Equal(("", 0), (cache.Order(), cache.Statistics.Tombstones));
        Assert.Equal(Merge.Taken, cache.Hear(1, 21));
        cache.MergeClear(V(5));
        Assert.Equal("1", cache.Order());
    }

    /// <summary>Whoever hears of the clear first has forgotten the older places; so nobody may go by them.</summary>
    [Fact]
    public void Places_older_than_a_clear_do_not_count()
    {
        var (before, after) = (Make(), Make());
        after.MergeClear(V(20));
        foreach (var cache in new[] { before, after })
        {
            cache.Hear(1, 30, place: Place.AtEnd(V(5)));
            cache.Hear(1, 10, place: Place.AtEnd(V(10)));
            cache.Hear(2, 31, place: Place.AtFront(V(6)));
            cache.Hear(3, 32, place: Place.AtFront(V(32)));
        }

        before.MergeClear(V(20));
        Assert.Equal(before.Order(), after.Order());
        Assert.Equal(before.ReplicaDigest, after.ReplicaDigest);
        Assert.Equal(3, before.PeekAt(0)!.Key);
    }

    // Tags. ---------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_tag_removal_takes_what_is_older_and_leaves_tombstones_at_its_own_versions()
    {
        var cache = Make();
        cache.Hear(1, 10, tags: "t");
        cache.Hear(2, 11, tags: "u");
        cache.Hear(3, 30, tags: "t");
        cache.GetOrAdd(4, _ => 0, new() { Tags = ["t"] });
        Assert.Equal(Merge.Overruled, cache.MergeTagRemoval("t", V(20)));
        Assert.Equal("2 3", cache.Order());
        Assert.Contains(new(1, Hash(1), KeyFate.Removed, V(10, 2), Place.AtEnd(V(10, 2))), cache.Everything().Keys);
        Assert.Equal(Merge.Taken, cache.Hear(1, 15)); // without the tag
        Assert.Equal(Merge.Taken, cache.MergeTagRemoval("x", V(20)));
        Assert.Equal(Merge.Known, cache.MergeTagRemoval("x", V(20)));
    }

    [Fact]
    public void A_value_with_a_removed_tag_counts_as_removed_at_its_version()
    {
        var cache = Make();
        cache.Hear(1, 10);
        cache.RemoveByTag("t", CacheChangeKind.Removed, new Told(0, 20));
        Assert.Equal("1", cache.Order());
        Assert.Equal(Merge.Overruled, cache.Hear(1, 15, tags: ["s", "t"]));
        Assert.Equal("", cache.Order());
        Assert.Equal(Merge.Overruled, cache.Hear(1, 14));
        Assert.Equal(Merge.Taken, cache.Hear(1, 16));
        Assert.Equal(Merge.Taken, cache.Hear(2, 21, tags: "t"));
        Assert.Equal("1 2", cache.Order());
    }

    [Fact]
    public void Tag_tombstones_go_with_the_floor()
    {
        var cache = Make();
        cache.MergeTagRemoval("t", V(20));
        cache.RaiseFloor(19);
        Assert.Single(cache.Everything().Tags);
        cache.RaiseFloor(20);
        Assert.Empty(cache.Everything().Tags);
        cache.MergeTagRemoval("u", V(20));
        Assert.Empty(cache.Everything().Tags);
    }

    // Fills. --------------------------------------------------------------------------------------------------------------------------------

    public static TheoryData<string, bool> Merges => new()
    {
        { "value", true }, { "older value", false }, { "known value", false }, { "late value", false }, { "removal", false }, { "late removal", false }, { "clear", false }, { "old clear", false }, { "tag", false },
    };

    [Theory]
    [MemberData(nameof(Merges))]
    public async Task Every_merge_of_a_key_replaces_or_drops_its_fill_and_breaks_its_flight(string merge, bool stays)
    {
        var cache = Make();
        cache.HearRemoval(1, 50);
        cache.MergeClear(V(8));
        cache.RaiseFloor(10);
        cache.GetOrAdd(1, _ => 77, new() { Tags = ["t"] });
        ulong digest = cache.ReplicaDigest;
        Act();
        cache.Check();
        Assert.Equal(stays, cache.ContainsKey(1));
        Assert.NotEqual(77, cache.ValueOf(1));
        Assert.True(stays || digest == cache.ReplicaDigest);

        cache.Evict(1);
        cache.RaiseFloor(100);
        var gate = new TaskCompletionSource<int>();
        var fill = cache.GetOrAddAsync(1, gate, async (_, gate, _) => await gate.Task, new() { Tags = ["t"] }, TestContext.Current.CancellationToken);
        Act();
        gate.SetResult(78);
        Assert.Equal(78, await fill);
        Assert.NotEqual(78, cache.ValueOf(1));

        void Act() => _ = merge switch
        {
            "value" => cache.Hear(1, 60),
            "older value" => cache.Hear(1, 40),
            "known value" => cache.Hear(1, 50),
            "late value" => cache.Hear(1, 9, isLate: true),
            "removal" => cache.HearRemoval(1, 60),
            "late removal" => cache.HearRemoval(1, 9, isLate: true),
            "clear" => cache.MergeClear(V(60)),
            "old clear" => cache.MergeClear(V(5)),
            _ => cache.MergeTagRemoval("t", V(60)),
        };
    }

    [Fact]
    public void Fills_go_behind_all_and_make_way()
    {
        var cache = Make();
        cache.Hear(1, 10); // at (10, 2)
        cache.GetOrAdd(2, _ => 0); // at (10, 3)
        cache.MergeValue(3, Hash(3), V(10, 3), default, new Packed<int>(0), new(long.MaxValue, [], null), isLate: false);
        Assert.Equal("1 3 2", cache.Order());
        cache.Hear(4, 20);
        cache.GetOrAdd(5, _ => 0);
        Assert.Equal("1 3 2 4 5", cache.Order());
        Assert.Equal(3, cache.Everything().Keys.Count);
    }

    [Fact]
    public void A_fill_lands_on_a_key_that_was_removed_and_is_told_to_nobody()
    {
        var cache = Make();
        cache.HearRemoval(1, 10);
        cache.GetOrAdd(1, _ => 5);
        Assert.Equal((5, KeyFate.Removed), (cache.ValueOf(1), cache.Everything().Keys.Single().Fate));
        Assert.False(cache.TryRead(1, out _));
        cache.Check();
    }

    // What leaves without having been removed. ---------------------------------------------------------------------------------------------

    [Fact]
    public void An_evicted_key_takes_nothing_older_and_is_never_told_as_removed()
    {
        var cache = Make(options => options.MaxEntries = 1);
        cache.Hear(1, 10);
        Assert.False(cache.IsPartial);
        cache.Hear(2, 11);
        Assert.True(cache.IsPartial);
        Assert.Equal("2", cache.Order());
        Assert.Equal(KeyFate.Gone, cache.Everything().Keys.Single(state => state.Key == 1).Fate);
        Assert.Equal((Merge.Overruled, Merge.Known), (cache.Hear(1, 9), cache.Hear(1, 10)));
        Assert.Equal(Merge.Taken, cache.HearRemoval(1, 10));
        Assert.Equal(KeyFate.Removed, cache.Everything().Keys.Single(state => state.Key == 1).Fate);
        cache.RaiseFloor(11);
        cache.Hear(3, 12);
        Assert.Equal(("3", 0), (cache.Order(), cache.Statistics.Tombstones)); // 2 is at the floor: just forgotten
    }

    [Fact]
    public void Evict_and_an_evicting_clear_are_local()
    {
        var cache = Make();
        cache.Hear(1, 10);
        cache.Hear(2, 11);
        cache.GetOrAdd(3, _ => 1);
        cache.Evict(3);
        Assert.False(cache.IsPartial);
        cache.Evict(1);
        Assert.True(cache.IsPartial);
        cache.GetOrAdd(3, _ => 1);
        cache.Clear(CacheChangeKind.Evicted);
        Assert.Equal("", cache.Order());
        Assert.Equal([KeyFate.Gone, KeyFate.Gone], cache.Everything().Keys.Select(state => state.Fate));
        cache.MergeClear(V(11));
        Assert.True(cache.IsPartial);
        cache.MergeClear(V(12));
        Assert.False(cache.IsPartial);
    }

    [Fact]
    public void An_expired_key_is_gone_and_not_for_lack_of_room()
    {
        var cache = Make(time: _time);
        cache.Hear(1, 10, timeToLive: 1_000);
        ulong digest = cache.ReplicaDigest;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((digest, KeyFate.Gone), (cache.ReplicaDigest, cache.Everything().Keys.Single().Fate));
        Assert.False(cache.TryRead(1, out _));
        cache.Sweep(10);
        cache.Check();
        Assert.Equal((0ul, KeyFate.Gone, false), (cache.ReplicaDigest, cache.Everything().Keys.Single().Fate, cache.IsPartial));
        Assert.Equal(Merge.Known, cache.Hear(1, 10));
        Assert.Equal(Merge.Taken, cache.Hear(1, 11));
    }

    [Fact]
    public void A_value_without_time_left_is_gone_at_once()
    {
        var cache = Make(time: _time);
        Assert.Equal(Merge.Taken, cache.Hear(1, 10, timeToLive: 0));
        cache.Hear(2, 11, timeToLive: -5);
        Assert.Equal("", cache.Order());
    }

    [Fact]
    public void An_oversized_value_is_gone_counted_and_said_once()
    {
        var logger = new Warnings();
        var cache = Make(options => options.MaxBytes = 1_000, logger: logger);
        cache.Hear(1, 10, 5);
        Assert.Equal(Merge.Taken, cache.Hear(1, 11, size: 1_001));
        Assert.Equal(Merge.Taken, cache.Hear(2, 12, size: 1_001));
        Assert.Equal((null, 2L, true), (cache.ValueOf(1), cache.Statistics.OversizedValues, cache.IsPartial));
        Assert.Equal(Merge.Overruled, cache.Hear(1, 10));
        Assert.All(cache.Everything().Keys, state => Assert.Equal(KeyFate.Gone, state.Fate));
        Assert.Equal(2, cache.Everything().Keys.Count);
        Assert.Single(logger.Texts);
        cache.Check();
        Assert.Equal(Merge.Taken, cache.Hear(1, 13, size: 1_000));
    }

    // Late. ---------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void What_is_late_and_not_above_the_floor_touches_only_what_is_held()
    {
        var cache = Make();
        cache.RaiseFloor(100);
        Assert.Equal(Merge.Ignored, cache.Hear(1, 100, isLate: true));
        Assert.Equal(Merge.Ignored, cache.HearRemoval(1, 100, isLate: true));
        Assert.Equal(Merge.Taken, cache.Hear(1, 101, isLate: true));
        Assert.Equal(Merge.Taken, cache.Hear(2, 50));
        Assert.Equal(Merge.Taken, cache.Hear(2, 60, 6, isLate: true));
        Assert.Equal(6, cache.ValueOf(2));
        Assert.Equal(Merge.Taken, cache.HearRemoval(2, 70, isLate: true));
        Assert.Equal(("1", 0), (cache.Order(), cache.Statistics.Tombstones));
    }

    // Serving. ------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void Before_the_start_and_after_the_stop_values_are_kept_unseen_and_fills_are_not()
    {
        var cache = Caches.Make<int, int>(options => options.Coherence = Coherence.Replicate, serve: false);
        cache.Hear(1, 10);
        cache.SetAt(2, 11);
        cache.Check();
        Assert.Equal(0, cache.Count);
        Assert.True(cache.TryRead(1, out _));
        cache.Serve(long.MaxValue);
        cache.GetOrAdd(3, _ => 0);
        Assert.Equal("1 2 3", cache.Order());
        cache.Serve(0);
        cache.Check();
        Assert.Empty(cache.ToArray());
        cache.HearRemoval(1, 20);
        cache.Hear(4, 21);
        cache.Serve(long.MaxValue);
        Assert.Equal("2 4", cache.Order());
    }

    // Digests. ------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void Digests_tell_versions_and_places_apart_and_nothing_else()
    {
        var cache = Make();
        Assert.Equal(0ul, cache.ReplicaDigest);
        var seen = new HashSet<ulong>();
        cache.Hear(1, 10);
        Assert.True(seen.Add(cache.ReplicaDigest));
        cache.Hear(1, 11, place: Place.AtEnd(V(10, 2)));
        Assert.True(seen.Add(cache.ReplicaDigest));
        cache.MergeMove(1, Place.AtEnd(V(12)));
        Assert.True(seen.Add(cache.ReplicaDigest));
        cache.Hear(2, 13);
        Assert.True(seen.Add(cache.ReplicaDigest));
        Assert.Equal(2, cache.BucketDigests().Count(digest => digest != 0));
        cache.HearRemoval(3, 13);
        cache.GetOrAdd(4, _ => 0);
        cache.TryGet(1, out _);
        Assert.False(seen.Add(cache.ReplicaDigest));
        cache.RemoveAt(1, 20);
        cache.RemoveAt(2, 20);
        Assert.Equal(0ul, cache.ReplicaDigest);
    }
}
