using static McCache.Core.Tests.Replicas;

namespace McCache.Core.Tests;

/// <summary>Values that stay serialized until they are read.</summary>
public class PackedTests
{
    public static TheoryData<string> Reads =>
    [
        "TryGet", "Peek key", "Peek first", "Peek last", "PeekAt", "ToArray", "Enumerate", "GetOrAdd", "GetOrAddAsync", "TryUpdate", "TryReplace", "Remove out", "Remove value",
    ];

    [Theory]
    [MemberData(nameof(Reads))]
    public void The_first_read_unpacks_once_and_releases_once(string read)
    {
        var cache = Make();
        var packed = Hear(cache, 1, 10, new(5));
        Assert.Equal(0, packed.Unpacked);
        Read(cache, read, 5);
        cache.TryGet(1, out _);
        cache.Clear(CacheChangeKind.Removed, new Told(0, 1_000));
        Assert.Equal((1, 1), (packed.Unpacked, packed.Released));
        cache.Check();
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public void What_cannot_be_unpacked_is_taken_out_counted_and_said_once(string read)
    {
        var logger = new Warnings();
        var cache = Make(logger: logger);
        var packed = new[] { 1, 2 }.Select(key => Hear(cache, key, 10 + key, new(5) { OnUnpack = () => throw new FormatException("the value") })).ToArray();
        cache.MergeMove(1, read == "Peek last" ? Place.AtEnd(V(50)) : Place.AtFront(V(50)));
        Read(cache, read, null);
        cache.TryGet(1, out _);
        cache.TryGet(2, out _);
        cache.Check();
        Assert.All(packed, value => Assert.Equal((1, 1), (value.Unpacked, value.Released)));
        Assert.Equal((2, true), (cache.Statistics.UnreadableValues, cache.IsPartial));
        Assert.DoesNotContain("the value", Assert.Single(logger.Texts), StringComparison.Ordinal);
        Assert.Contains(cache.Everything().Keys, state => state is { Key: 2, Fate: KeyFate.Gone });
    }

    [Fact]
    public void What_reads_no_value_unpacks_nothing()
    {
        var cache = Make();
        var packed = Hear(cache, 1, 10, new(5));
        Assert.True(cache.ContainsKey(1));
        Assert.True(cache.TryGetMetadata(1, out var metadata));
        Assert.Equal(SizeEstimate.EntryOverhead + 4 + 4, metadata.Size);
        Assert.Equal((0, 1), (cache.IndexOf(1), cache.Count));
        cache.Digest(key => (ulong)key);
        cache.MoveTo(1, last: true, new Told(1, 20));
        cache.Everything();
        Assert.Equal((0, 0), (packed.Unpacked, packed.Released));
        cache.TryGet(1, out _);
        Assert.Equal(SizeEstimate.EntryOverhead + 4 + 4, cache.Statistics.Bytes);
        cache.Check();
    }

    public static TheoryData<string> Leavings => ["newer", "removal", "own set", "clear", "tag", "evict", "evict all", "expiry", "drop rule", "trim", "oversized"];

    [Theory]
    [MemberData(nameof(Leavings))]
    public void The_bytes_go_once_when_the_entry_leaves(string what)
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var cache = Make(
            options =>
            {
                options.MaxEntries = 1;
                options.MaxBytes = 1_000;
            },
            time);
        var packed = Hear(cache, 1, 10, new(5), timeToLive: 100_000, tags: "t");
        switch (what)
        {
            case "newer": cache.Hear(1, 11); break;
            case "removal": cache.HearRemoval(1, 11); break;
            case "own set": cache.SetAt(1, 11); break;
            case "clear": cache.MergeClear(V(11)); break;
            case "tag": cache.MergeTagRemoval("t", V(11)); break;
            case "evict": cache.Evict(1); break;
            case "evict all": cache.Clear(CacheChangeKind.Evicted); break;
            case "drop rule": cache.Reconcile(new(0, ulong.MaxValue, 50, default, [], [], default)); break;
            case "trim": cache.Hear(2, 11); break;
            case "oversized": cache.Hear(1, 11, size: 2_000); break;
            default:
                time.Advance(TimeSpan.FromSeconds(100));
                cache.Sweep(10);
                break;
        }

        cache.Check();
        Assert.Equal((0, 1), (packed.Unpacked, packed.Released));
        cache.MergeClear(V(100));
        Assert.Equal(1, packed.Released);
    }

    public static TheoryData<string> Refusals => ["known", "overruled", "tombstone", "late", "clear", "tag", "oversized"];

    [Theory]
    [MemberData(nameof(Refusals))]
    public void The_bytes_go_once_when_the_value_is_not_taken(string why)
    {
        var cache = Make(options => options.MaxBytes = 1_000);
        cache.RaiseFloor(5);
        switch (why)
        {
            case "known": cache.Hear(1, 10); break;
            case "overruled": cache.Hear(1, 11); break;
            case "tombstone": cache.HearRemoval(1, 11); break;
            case "clear": cache.MergeClear(V(11)); break;
            case "tag": cache.MergeTagRemoval("t", V(11)); break;
        }

        var packed = new Packed<int>(5, why == "oversized" ? 2_000 : 4);
        cache.MergeValue(1, Hash(1), V(why == "late" ? 4 : 10, 2), default, packed, new(long.MaxValue, ["t"], null), isLate: why == "late");
        Assert.Equal((0, 1), (packed.Unpacked, packed.Released));
        cache.Check();
    }

    [Fact]
    public void Bytes_that_are_held_outlive_the_cache_s_use_and_no_others_do()
    {
        var packed = new Packed<int>(5);
        Assert.True(packed.TryHold());
        packed.Drop();
        packed.Drop();
        Assert.True(packed.TryHold());
        packed.LetGo();
        Assert.Equal(0, packed.Released);
        packed.LetGo();
        Assert.Equal(1, packed.Released);
        Assert.False(packed.TryHold());
        packed.Drop();
        Assert.Equal(1, packed.Released);
    }

    [Fact]
    public async Task Readers_in_parallel_unpack_once_and_all_get_the_value()
    {
        for (int round = 0; round < 50; round++)
        {
            var cache = Make();
            using var start = new Barrier(4);
            var packed = Hear(cache, 1, 10, new(5) { OnUnpack = () => Thread.SpinWait(1_000) });
            int?[] read = await Task.WhenAll(Enumerable.Range(0, 4).Select(reader => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return reader % 2 == 0 ? cache.ValueOf(1) : cache.ToArray().Single().Value;
                },
                TaskCreationOptions.LongRunning)));
            Assert.Equal([5, 5, 5, 5], read);
            Assert.Equal((1, 1), (packed.Unpacked, packed.Released));
        }
    }

    [Fact]
    public async Task A_writer_does_not_wait_for_an_unpacking_and_takes_no_bytes_from_under_it()
    {
        var cache = Make();
        using var unpacking = new ManualResetEventSlim();
        using var written = new ManualResetEventSlim();
        Packed<int>? packed = null;
        packed = Hear(cache, 1, 10, new(5)
        {
            OnUnpack = () =>
            {
                unpacking.Set();
                Assert.True(written.Wait(TimeSpan.FromSeconds(30)));
                Assert.Equal(0, packed!.Released);
            },
        });
        var reader = Task.Run(() => cache.ValueOf(1));
        Assert.True(unpacking.Wait(TimeSpan.FromSeconds(30)));
        cache.SetAt(1, 20, 6);
        Assert.Equal(6, cache.ValueOf(1));
        written.Set();
        Assert.Contains(await reader, new int?[] { 5, 6 });
        Assert.Equal((1, 0L), (packed.Released, cache.Statistics.UnreadableValues));
        cache.Check();
    }

    /// <summary>A large struct, so that a value read in halves would show.</summary>
    [Fact]
    public async Task Under_writers_readers_see_whole_values_and_never_a_miss()
    {
        var logger = new Warnings(); // would say that bytes were read after they had gone
        var cache = Caches.Make<int, (long, long, long, long)>(options => options.Coherence = Coherence.Replicate, logger: logger);
        using var stop = new CancellationTokenSource();
        var values = new List<Packed<(long, long, long, long)>>();
        Hear(1);
        var readers = Enumerable.Range(0, 3).Select(reader => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                (long, long, long, long) value;
                if (reader == 0)
                {
                    value = cache.ToArray().Single().Value;
                }
                else
                {
                    Assert.True(cache.TryGet(1, out value));
                }

                Assert.True(value.Item1 > 0 && value.Item1 == value.Item2 && value.Item1 == value.Item3 && value.Item1 == value.Item4, value.ToString());
            }
        })).ToArray();
        for (int i = 2; i < 30_000; i++)
        {
            Hear(i);
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        cache.MergeClear(V(100_000));
        Assert.Empty(logger.Texts);
        Assert.All(values, value => Assert.Equal(1, value.Released));
        Assert.All(values, value => Assert.InRange(value.Unpacked, 0, 1));

        void Hear(long value)
        {
            var packed = new Packed<(long, long, long, long)>((value, value, value, value));
            values.Add(packed);
            cache.MergeValue(1, Hash(1), V(value), default, packed, new(long.MaxValue, [], null), isLate: false);
        }
    }

    private static Packed<int> Hear(LocalCache<int, int> cache, int key, long timestamp, Packed<int> packed, long timeToLive = long.MaxValue, params string[] tags)
    {
        cache.MergeValue(key, Hash(key), V(timestamp, 2), default, packed, new(timeToLive, tags, null), isLate: false);
        return packed;
    }

    /// <summary>Reads key 1; null expects that it cannot be read.</summary>
    private static void Read(LocalCache<int, int> cache, string read, int? expected)
    {
        switch (read)
        {
            case "TryGet": Assert.Equal(expected, cache.ValueOf(1)); break;
            case "Peek key": Assert.Equal(expected, cache.Peek(1)?.Value); break;
            case "Peek first": Assert.Equal(expected, cache.Peek(last: false)?.Value); break;
            case "Peek last": Assert.Equal(expected, cache.Peek(last: true)?.Value); break;
            case "PeekAt": Assert.Equal(expected, cache.PeekAt(0)?.Value); break;
            case "ToArray": Assert.Equal(expected is { } item ? [KeyValuePair.Create(1, item)] : [], cache.ToArray()); break;
            case "Enumerate": Assert.Equal(expected is { } element ? [KeyValuePair.Create(1, element)] : [], cache.Enumerate()); break;
            case "GetOrAdd": Assert.Equal(expected ?? 7, cache.GetOrAdd(1, _ => 7)); break;
            case "GetOrAddAsync": Assert.Equal(expected ?? 7, cache.GetOrAddAsync(1, 7, (_, state, _) => new(state)).Result); break;
            case "TryUpdate": Assert.Equal(expected is not null, cache.TryUpdate(1, 6, 5, null, new Told(1, 100))); break;
            case "TryReplace": Assert.True(cache.TryReplace(cache.Peek(1), expected ?? 0, 1, 6, null, new Told(1, 100))); break;
            case "Remove out": Assert.Equal((expected is not null, expected ?? 0), (cache.Remove(1, out int value, new Told(1, 100)), value)); break;
            case "Remove value": Assert.Equal(expected is not null, cache.Remove(1, 5, new Told(1, 100))); break;
        }
    }
}
