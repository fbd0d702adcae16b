using Microsoft.Extensions.Time.Testing;
using static McCache.Core.Tests.Replicas;

namespace McCache.Core.Tests;

/// <summary>What two members learn from each other's registers.</summary>
public class ReconciliationTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_newcomer_takes_everything_in_order()
    {
        var (old, young) = (Make(), Make());
        for (int key = 0; key < 1_000; key++)
        {
            old.Hear(key, 1_000 + key);
        }

        for (int key = 0; key < 1_000; key += 3)
        {
            old.MergeMove(key, key % 2 == 0 ? Place.AtFront(V(5_000 + key)) : Place.AtEnd(V(5_000 + key)));
        }

        Assert.Equal(1_000, young.Pull(old, maxKeys: 100).Wanted.Count);
        Assert.Equal(old.ToArray(), young.ToArray());
        Assert.Equal(old.BucketDigests(), young.BucketDigests());
        Assert.Empty(young.Pull(old).Wanted);
    }

    [Fact]
    public void Pages_are_cut_at_their_length_and_join_without_gap_or_overlap()
    {
        var cache = Make();
        for (int key = 0; key < 500; key++)
        {
            cache.Hear(key, 10 + key);
        }

        cache.MergeValue(1_000, Hash(7), V(9_000), default, new Packed<int>(0), new(long.MaxValue, [], null), isLate: false); // the same hash
        cache.HearRemoval(1_001, 9_001);
        var seen = new List<KeyState<int>>();
        int pages = 0;
        for (ulong from = 0; ; pages++)
        {
            var page = cache.Collect(from, ulong.MaxValue, 7);
            Assert.InRange(page.Keys.Count, 0, 8);
            Assert.All(page.Keys, state => Assert.InRange(state.Hash, from, page.To));
            seen.AddRange(page.Keys);
            if (page.To == ulong.MaxValue)
            {
                break;
            }

            from = page.To + 1;
        }

        Assert.Equal(502, seen.Count);
        Assert.Equal(seen.Select(state => state.Key).Order(), seen.Select(state => state.Key).Distinct().Order());
        Assert.Equal(seen.Select(state => state.Hash).Order(), seen.Select(state => state.Hash));
        Assert.InRange(pages, 60, 80);
        var part = cache.Collect(1ul << 60, (2ul << 60) - 1, int.MaxValue);
        Assert.Equal(seen.Where(state => state.Hash >> 60 == 1), part.Keys);
        Assert.Single(cache.Collect(Hash(7), Hash(7) + 1, 0).Keys, state => state.Key == 7);
    }

    [Fact]
    public void Of_two_versions_the_newer_is_wanted_and_of_two_places_the_later_is_taken()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        right.Hear(1, 11);
        left.Hear(2, 21);
        right.Hear(2, 20);
        left.Hear(3, 30);
        right.Hear(3, 30, place: Place.AtFront(V(31)));
        var result = left.Pull(right);
        Assert.Equal([1], result.Wanted);
        Assert.Equal((0, 0, 1), (result.Dropped, result.Removed, result.Moved));
        right.Pull(left);
        Assert.Equal(left.Order(), right.Order());
        Assert.Equal(left.ReplicaDigest, right.ReplicaDigest);
    }

    [Fact]
    public void What_one_side_lacks_is_dropped_if_it_must_have_seen_it_go_and_taken_if_not()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        left.Hear(2, 20);
        right.RaiseFloor(15);
        Assert.Equal([2], right.Reconcile(left.Everything()).Wanted);
        Assert.Equal(1, left.Reconcile(right.Everything()).Dropped);
        Assert.Equal("2", left.Order());
        Assert.Equal((KeyFate.Removed, V(15, ulong.MaxValue)), left.Everything().Keys.Where(state => state.Key == 1).Select(state => (state.Fate, state.Version)).Single());
        Assert.Equal(Merge.Overruled, left.Hear(1, 15));
        Assert.Equal(Merge.Taken, left.Hear(1, 16));
    }

    [Fact]
    public void Only_the_page_s_range_is_dropped()
    {
        var (left, right) = (Make(), Make());
        for (int key = 0; key < 200; key++)
        {
            left.Hear(key, 10 + key);
        }

        right.RaiseFloor(500);
        var page = right.Collect(1ul << 62, (2ul << 62) - 5, 100);
        Assert.Equal(left.ToArray().Count(item => Hash(item.Key) >= page.From && Hash(item.Key) <= page.To), left.Reconcile(page).Dropped);
        Assert.All(left.ToArray(), item => Assert.False(Hash(item.Key) >= page.From && Hash(item.Key) <= page.To));
    }

    [Fact]
    public void A_key_that_is_mentioned_is_not_dropped()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        left.Hear(2, 11);
        right.Hear(1, 9);
        right.Hear(2, 11, timeToLive: 1_000); // gone in a moment
        right.RaiseFloor(15);
        Assert.Equal(0, left.Reconcile(right.Everything()).Dropped);
        Assert.Equal("1 2", left.Order());
    }

    [Fact]
    public void What_a_member_may_only_have_evicted_is_dropped_and_nobody_is_told_of_a_removal()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        right.Hear(1, 10);
        right.RaiseFloor(15);
        right.Evict(1);
        Assert.Empty(right.Everything().Keys);
        Assert.Equal(1, left.Reconcile(right.Everything()).Dropped);
        Assert.True(left.IsPartial);
        Assert.DoesNotContain(left.Everything().Keys, state => state.Fate == KeyFate.Removed);
        Assert.Empty(right.Reconcile(left.Everything()).Wanted);
    }

    /// <summary>It was told on to the other too late, say, which does not take it; nor would it ever be dropped here, if an eviction long before excused everything.</summary>
    [Fact]
    public void What_a_member_lacks_and_can_not_have_evicted_is_dropped_when_digests_are_compared()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        left.Hear(2, 12);
        right.Hear(3, 11);
        right.Evict(3);
        right.RaiseFloor(15);
        Assert.Equal(Merge.Ignored, right.Hear(2, 12, isLate: true));
        Assert.Equal(1, left.Reconcile(right.Everything(), mendsHole: false).Dropped);
        Assert.Equal("1", left.Order());
    }

    [Fact]
    public void An_evicted_version_is_not_wanted_again_and_a_newer_one_is()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        right.Hear(1, 10);
        left.Evict(1);
        Assert.Empty(left.Reconcile(right.Everything()).Wanted);
        right.Hear(1, 11);
        Assert.Equal([1], left.Reconcile(right.Everything()).Wanted);
    }

    [Fact]
    public void Removals_clears_and_tags_are_taken_over()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        left.Hear(2, 20);
        left.Hear(3, 21, tags: "t");
        left.Hear(4, 22);
        left.Hear(5, 40);
        right.MergeClear(V(15));
        right.HearRemoval(2, 25);
        right.HearRemoval(5, 30);
        right.MergeTagRemoval("t", V(30));
        var result = left.Reconcile(right.Everything());
        Assert.Equal(("4 5", 1), (left.Order(), result.Removed));
        Assert.Equal(Merge.Overruled, left.Hear(6, 14));
        Assert.Equal(Merge.Overruled, left.Hear(6, 29, tags: "t"));
    }

    [Fact]
    public void A_removal_below_the_floor_is_taken_for_what_is_held_only()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        left.RaiseFloor(50);
        right.HearRemoval(1, 20);
        right.HearRemoval(2, 20);
        Assert.Equal(1, left.Reconcile(right.Everything()).Removed);
        Assert.Empty(left.Everything().Keys);
    }

    [Fact]
    public void What_ends_soon_is_neither_compared_nor_sent_nor_dropped()
    {
        var (left, right) = (Make(time: _time), Make(time: _time));
        left.Hear(1, 10, timeToLive: 60_000);
        left.Hear(2, 11, timeToLive: 60_001);
        Assert.Equal([KeyFate.Gone, KeyFate.Held], left.Everything().Keys.OrderBy(state => state.Key).Select(state => state.Fate));
        Assert.Equal([2], right.Reconcile(left.Everything()).Wanted);
        right.RaiseFloor(20);
        Assert.Equal(1, left.Reconcile(right.Everything(), mendsHole: false).Dropped);
        Assert.Equal("1", left.Order());
        Assert.Equal(1, left.Reconcile(right.Everything()).Dropped); // its removal may be what was lost
    }

    [Fact]
    public void What_is_gone_elsewhere_supersedes_what_is_older_here()
    {
        var (left, right) = (Make(), Make());
        left.Hear(1, 10);
        right.Hear(1, 10);
        right.Hear(1, 12);
        right.Evict(1);
        var reconciled = left.Reconcile(right.Everything());
        Assert.Empty(reconciled.Wanted);
        Assert.Equal("", left.Order());
        Assert.Equal(Merge.Overruled, left.Hear(1, 11));
        Assert.Equal(Merge.Taken, left.Hear(1, 13));
    }

    /// <summary>A third, which has had its state from one that had no value any more, knows all the same what that has superseded, and takes it when it is there.</summary>
    [Fact]
    public void What_is_gone_elsewhere_is_remembered_told_and_taken_if_it_comes()
    {
        var (left, right, old, other) = (Make(), Make(), Make(), Make());
        right.Hear(1, 12);
        right.Evict(1);
        left.Reconcile(right.Everything());
        old.Hear(1, 10);
        Assert.Empty(left.Reconcile(old.Everything()).Wanted);
        old.Reconcile(left.Everything());
        Assert.Equal("", old.Order());
        other.Hear(1, 12, value: 5);
        Assert.Equal(1, left.Pull(other).Wanted.Single());
        Assert.Equal(5, left.ValueOf(1));
        Assert.Empty(right.Reconcile(other.Everything()).Wanted);
        left.RaiseFloor(20);
        left.Check();
    }

    [Fact]
    public void A_value_that_may_be_one_whose_removal_was_forgotten_is_not_taken()
    {
        var cache = new LocalCache<int, int>("test", new CacheOptions { Coherence = Coherence.Replicate }) { MaxTombstones = 2 };
        cache.Serve(long.MaxValue);
        for (int key = 1; key <= 3; key++)
        {
            cache.MergeRemoval(key, (ulong)key, new(10 + key, 1), isLate: false);
        }

        Assert.Equal(1, cache.Statistics.ForgottenTombstones);
        cache.Hear(1, 5);
        cache.Hear(4, 20);
        Assert.Equal("4", cache.Order());
        Assert.True(cache.IsPartial);
    }

    [Fact]
    public void A_wanted_key_loses_its_fill()
    {
        var (left, right) = (Make(), Make());
        left.GetOrAdd(1, _ => 5);
        right.Hear(1, 10);
        left.Reconcile(right.Everything());
        Assert.Equal("", left.Order());
    }

    [Fact]
    public void TryRead_gives_what_another_member_needs()
    {
        var cache = Make(time: _time);
        cache.SetAt(1, 10, 5, new() { TimeToLive = TimeSpan.FromSeconds(10), Tags = ["t"], Size = 99 });
        cache.Hear(2, 11, 6);
        cache.Serve(0);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.True(cache.TryRead(1, out var own));
        Assert.Equal((1, Hash(1), V(10), Place.AtEnd(V(10)), 5, null), (own.Key, own.Hash, own.Version, own.Place, own.Value, own.Packed));
        Assert.Equal((6_000, 99), (own.Terms.TimeToLive, own.Terms.Size));
        Assert.Equal(["t"], own.Terms.Tags);
        Assert.True(cache.TryRead(2, out var packed));
        Assert.Equal((long.MaxValue, null, 6), (packed.Terms.TimeToLive, packed.Terms.Size, packed.Packed!.Unpack()));
        cache.HearRemoval(2, 20);
        Assert.Equal(0, ((Packed<int>)packed.Packed).Released);
        packed.Packed.LetGo();
        Assert.Equal(1, ((Packed<int>)packed.Packed).Released);
        Assert.False(cache.TryRead(2, out _));
        Assert.Equal((0, 0), (cache.Statistics.Hits, cache.Statistics.Misses));
    }
}
