namespace McCache.Core.Tests;

public class EnumerationTests
{
    private const int Many = 500; // many chunks

    public static TheoryData<bool> Directions => [false, true];

    [Theory]
    [MemberData(nameof(Directions))]
    public void Removing_the_current_key_disturbs_nothing(bool backward)
    {
        var cache = Sequence();
        var seen = new List<int>();
        foreach (var (key, _) in cache.Enumerate(backward))
        {
            seen.Add(key);
            cache.Remove(key, out _);
        }

        Assert.Equal(Range(backward), seen);
        Assert.Equal("", cache.Order());
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public void Updating_the_current_key_disturbs_nothing(bool backward)
    {
        var cache = Sequence();
        var seen = new List<int>();
        foreach (var (key, _) in cache.Enumerate(backward))
        {
            seen.Add(key);
            cache.Set(key, -1);
        }

        Assert.Equal(Range(backward), seen);
        Assert.All(cache.ToArray(), item => Assert.Equal(-1, item.Value));
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public void Moving_the_current_key_to_the_far_end_still_ends(bool backward)
    {
        var cache = Sequence();
        var seen = new List<int>();
        foreach (var (key, _) in cache.Enumerate(backward))
        {
            seen.Add(key);
            cache.MoveTo(key, last: !backward);
        }

        Assert.Equal(Range(backward), seen);
    }

    [Fact]
    public void Adding_a_key_at_each_step_still_ends()
    {
        var cache = Sequence();
        int next = Many;
        foreach (var _ in cache.Enumerate())
        {
            cache.Set(next++, 0);
        }

        Assert.Equal(2 * Many, cache.Count);
    }

    [Fact]
    public void A_key_moved_across_the_position_is_not_seen_twice()
    {
        var cache = Sequence();
        var seen = new List<int>();
        foreach (var (key, _) in cache.Enumerate())
        {
            seen.Add(key);
            cache.MoveTo(Many - 1 - (key / 2), last: false);
            cache.MoveTo(key / 2, last: true);
        }

        Assert.Equal(seen.Distinct(), seen);
        Assert.Equal(Enumerable.Range(0, Many), cache.ToArray().Select(item => item.Key).Order());
    }

    /// <summary>Whatever survives the random removals ahead, behind and around the position is seen exactly once, in order.</summary>
    [Fact]
    public void What_is_there_throughout_is_seen_exactly_once()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            bool backward = seed % 2 == 1;
            var cache = Sequence();
            var seen = new List<int>();
            var removed = new HashSet<int>();
            foreach (var (key, _) in cache.Enumerate(backward))
            {
                seen.Add(key);
                int burst = random.Next(4) == 0 ? random.Next(60) : 0;
                int start = key + random.Next(-80, 80);
                for (int i = start; i < start + burst; i++)
                {
                    if (random.Next(3) == 0)
                    {
                        cache.Set(i, -1); // an update, or a key that comes back at the end
                    }
                    else
                    {
                        cache.Remove(i, out _);
                        removed.Add(i);
                    }
                }
            }

            Assert.True(seen.Distinct().SequenceEqual(seen), $"seed {seed}: a key was seen twice");
            var stayed = Range(backward).Where(key => !removed.Contains(key));
            Assert.True(stayed.SequenceEqual(seen.Where(key => !removed.Contains(key))), $"seed {seed}: not seen: {string.Join(" ", stayed.Except(seen))}");
            cache.Check();
        }
    }

    [Fact]
    public void Values_are_read_afresh_at_each_step()
    {
        var cache = Sequence();
        using var enumerator = cache.Enumerate().GetEnumerator();
        enumerator.MoveNext();
        cache.Set(1, 77);
        cache.Remove(2, out _);
        enumerator.MoveNext();
        Assert.Equal(new(1, 77), enumerator.Current);
        enumerator.MoveNext();
        Assert.Equal(3, enumerator.Current.Key);
    }

    [Fact]
    public void Every_step_honours_serving()
    {
        var cache = Sequence();
        using var enumerator = cache.Enumerate().GetEnumerator();
        Assert.True(enumerator.MoveNext());
        cache.Serve(cache.Now);
        Assert.False(enumerator.MoveNext());
    }

    [Fact]
    public void Removing_all_but_the_first_half_while_enumerating_is_not_quadratic()
    {
        var cache = Caches.Make<int, int>();
        const int Half = 20_000;
        for (int i = 0; i < 2 * Half; i++)
        {
            cache.Set(i, i);
        }

        int seen = 0;
        foreach (var (key, _) in cache.Enumerate())
        {
            seen++;
            if (key >= Half)
            {
                cache.Remove(key, out _);
            }
        }

        Assert.Equal((2 * Half, Half), (seen, cache.Count));
    }

    [Fact]
    public async Task Under_concurrent_writers_stable_keys_are_seen_exactly_once_in_order()
    {
        var cache = Sequence();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                int key = (2 * random.Next(Many / 2)) + 1; // odd keys come and go, even ones stay
                if (random.Next(2) == 0)
                {
                    cache.Remove(key, out _);
                }
                else
                {
                    cache.Set(key, key);
                }
            }
        })).ToArray();
        for (int round = 0; round < 200; round++)
        {
            bool backward = round % 2 == 1;
            var seen = cache.Enumerate(backward).Select(item => item.Key).ToList();
            Assert.Equal(Range(backward).Where(key => key % 2 == 0), seen.Where(key => key % 2 == 0));
            Assert.Equal(seen.Distinct().Count(), seen.Count);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        cache.Check();
    }

    private static LocalCache<int, int> Sequence()
    {
        var cache = Caches.Make<int, int>();
        for (int i = 0; i < Many; i++)
        {
            cache.Set(i, i);
        }

        return cache;
    }

    private static IEnumerable<int> Range(bool backward)
        => backward ? Enumerable.Range(0, Many).Reverse() : Enumerable.Range(0, Many);
}
