using CsCheck;
using McCache.Core;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using static McCache.Client.Tests.ReplicatedTests;

namespace McCache.Client.Tests;

/// <summary>Bytes that make no sense, wherever they come from: refused or applied, never an exception, nothing allocated for what they announce. And clocks that are too far ahead.</summary>
public sealed class ReplicatedBadInputTests
{
    private const int AllocationBound = 256 * 1024;
    private readonly Network _network = new();
    private readonly Network.Member _one;
    private readonly Network.Member _two;

    public ReplicatedBadInputTests()
    {
        (_one, _two) = (_network.JoinReplica<string, string>(), _network.JoinReplica<string, string>());
        _network.Pass();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IMcCache<string, string> Here => _one.Get<string, string>();

    private IMcCache<string, string> There => _two.Get<string, string>();

    private ReplicatedCache<string, string> Replica => _two.Replica<string, string>();

    public static TheoryData<string> Operations => ["Set", "Set with terms", "Set large", "Move", "Remove", "Tag", "Clear"];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_truncation_and_mutation_of_a_frame_is_refused_or_applied(string operation)
    {
        var real = Frame(operation);
        for (var length = 0; length < real.Length; length++)
            Try(real[..length]);
        Try([.. real, 0]);
        Try([.. real, .. real]);
        for (var i = 0; i < real.Length; i++)
        {
            foreach (byte value in (byte[])[0, 1, 0x7F, 0x80, 0xFF, (byte)(real[i] ^ 1), (byte)(real[i] ^ 0x20), (byte)(real[i] + 1)])
            {
                var bytes = real.ToArray();
                bytes[i] = value;
                Try(bytes);
            }
        }

        Here["still"] = "alive";
        Assert.Equal("alive", There["still"]);

        void Try(byte[] frame)
        {
            Here.Clear(); // so that no two keys get one place, as no writer gives it
            Here["key"] = "value";
            Apply(frame);
            Replica.Local.Check();
            Read(There);
            Replica.Local.Check();
        }
    }

    [Fact]
    public void Random_mutations_of_frames_never_throw()
    {
        byte[][] real = [.. Operations.Select(operation => Frame(operation.Data))];
        Gen.Select(Gen.Int[0, real.Length - 1], Gen.Select(Gen.Int[0, 1_000], Gen.Byte, Gen.Int[0, 2_000]).Array[1, 6]).Sample(
            (which, mutations) =>
            {
                var bytes = real[which].ToArray();
                foreach (var (index, value, length) in mutations)
                {
                    bytes[index % bytes.Length] = value;
                    bytes = bytes[..Math.Max(1, Math.Min(bytes.Length, length))];
                }

                Apply(bytes);
            },
            iter: 5_000,
            threads: 1);
        Read(There);
    }

    [Fact]
    public void A_value_that_announces_more_than_it_has_is_a_miss()
    {
        var real = Frame("Set");
        var at = real.Length - Content(real).Length;
        for (var i = at; i < real.Length; i++)
        {
            foreach (byte value in (byte[])[0, 0x7F, 0x80, 0xFF])
            {
                var bytes = real.ToArray();
                bytes[i] = value;
                Apply(bytes);
                var before = GC.GetAllocatedBytesForCurrentThread();
                Read(There);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocationBound);
            }
        }

        Assert.True(There.Statistics.UnreadableValues > 0);
        Replica.Local.Check();
    }

    [Fact]
    public void An_operation_that_nobody_knows_is_refused()
    {
        for (var operation = 7; operation <= byte.MaxValue; operation++)
            Assert.Equal(FrameOutcome.Refused, Apply([(byte)operation, 1, 2, 3]));
        Assert.Equal(FrameOutcome.Refused, Apply([0]));
        Assert.Equal(FrameOutcome.Refused, Apply([]));
    }

    // Clocks. ------------------------------------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void A_stamp_that_is_none_is_refused(long stamp)
    {
        Here["key"] = "before";
        Assert.Equal(FrameOutcome.Refused, Apply(Frame("Set"), stamp));
        Replica.Local.Check();
    }

    [Fact]
    public void A_stamp_that_is_too_far_ahead_is_refused_and_what_it_may_have_changed_is_hidden()
    {
        var removal = Frame("Remove");
        Here["key"] = "before";
        var ahead = _network.Time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000;
        var clock = _two.Channel.Stamps.Next();
        Assert.Equal(FrameOutcome.Refused, Apply(removal, (ahead + 1) << 16));
        Assert.InRange(_two.Channel.Stamps.Next(), clock, clock + 1_000);
        _two.Handler.OnGap(_one.Channel.Silo, (ahead + 1) << 16); // as the lane does for what was refused
        Assert.False(There.ContainsKey("key"));
        Assert.Empty(There);
        _network.Pass(1_000);
        Assert.False(There.ContainsKey("key")); // nobody knows as much yet
        Assert.False(Replica.IsWhole);
        Assert.Equal("before", Here["key"]);
        _network.Pass(61_000);
        Assert.True(Replica.IsWhole); // that time has come
        Assert.Equal(Here.ToArray(), There.ToArray());
    }

    [Fact]
    public void A_state_with_a_stamp_that_is_too_far_ahead_is_not_merged()
    {
        Here["key"] = "before";
        var ahead = (_network.Time.GetUtcNow().ToUnixTimeMilliseconds() + 3_600_000) << 16;
        foreach (var spoil in new Func<StateAnswer, StateAnswer>[]
        {
            answer => answer with { Floor = ahead },
            answer => answer with { Clear = new(ahead, 1) },
            answer => answer with { Keys = [.. answer.Keys.Select(key => key with { Version = new(ahead, 1), Fate = KeyFate.Removed })] },
        })
        {
            Spoil(spoil);
            _two.Handler.OnGap(_one.Channel.Silo, _one.Channel.Stamps.Next());
            _network.Pass(1_000);
            Assert.False(Replica.IsWhole);
            Assert.Empty(There);
            _two.Channel.Asking = null;
            _network.Pass(1_000);
            Assert.True(Replica.IsWhole);
            Assert.Equal("before", There["key"]);
        }
    }

    // Answers. -----------------------------------------------------------------------------------------------------------------------------

    private static readonly Dictionary<string, Func<StateAnswer, StateAnswer>> s_badStates = new()
    {
        { "for less than nothing", answer => answer with { To = 0 } },
        { "null tags", answer => answer with { Tags = null! } },
        { "null keys", answer => answer with { Keys = null! } },
        { "null knowledge", answer => answer with { Knows = null! } },
        { "a key that is none", answer => answer with { Keys = [new([1, 2, 255, 4, 5], KeyFate.Held, new(1, 1), 1, 1)] } },
        { "a null tag", answer => answer with { Tags = [new(null!, new(answer.Floor + 1_000, 1))] } },
        { "knows nobody", answer => answer with { Knows = [] } },
        { "knows null", answer => answer with { Knows = [new(null!, long.MaxValue)] } },
    };

    public static TheoryData<string> BadStates => [.. s_badStates.Keys];

    [Theory]
    [MemberData(nameof(BadStates))]
    public void A_bad_state_mends_nothing_and_a_good_one_after_it_does(string what)
    {
        LoseOne();
        Spoil(s_badStates[what]);
        _network.Pass(1_000);
        Assert.False(Replica.IsWhole);
        Assert.Empty(There);
        Mends();
    }

    private static readonly Dictionary<string, Func<EntriesAnswer, EntriesAnswer>> s_badEntries = new()
    {
        { "none", answer => answer with { Done = 0, Entries = [] } },
        { "fewer than none", answer => answer with { Done = -1 } },
        { "more than asked for", answer => answer with { Done = int.MaxValue } },
        { "more entries than done", answer => answer with { Entries = [.. answer.Entries, .. answer.Entries] } },
        { "null", answer => answer with { Entries = null! } },
        { "a null entry", answer => answer with { Entries = [new(answer.Entries[0].Version, null!)] } },
    };

    public static TheoryData<string> BadEntries => [.. s_badEntries.Keys];

    [Theory]
    [MemberData(nameof(BadEntries))]
    public void Bad_entries_mend_nothing_and_good_ones_after_them_do(string what)
    {
        LoseOne();
        Spoil(s_badEntries[what]);
        _network.Pass(1_000);
        Assert.False(There.ContainsKey("lost"));
        Replica.Local.Check();
        Mends();
    }

    [Fact]
    public void Every_mutation_of_an_answer_throws_nothing_and_is_mended_by_a_good_one()
    {
        LoseOne();
        var random = new Random(5);
        var changed = 0;
        _two.Channel.Asking = (_, _, ask) =>
        {
            var answer = ask();
#pragma warning disable CA5394 // Chance, and no secret.
            switch (random.Next(6))
            {
                case 0: return new([]);
                case 1: return new(answer[..random.Next(answer.Length)]);
                case 2: return new([.. answer, .. answer]);
                case 3: return new(Bytes(answer.Length, random.Next(1_000)));
                default:
                    for (var i = 0; i < 3 && answer.Length > 0; i++)
                        answer[random.Next(answer.Length)] = (byte)random.Next(256);
                    break;
            }
#pragma warning restore CA5394
            changed++;
            return new(answer);
        };
        for (var round = 0; round < 300; round++)
        {
            _two.Handler.OnGap(_one.Channel.Silo, _one.Channel.Stamps.Next());
            var before = GC.GetAllocatedBytesForCurrentThread();
            _network.Pass(60);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
            Replica.Local.Check();
        }

        Assert.True(changed > 100);
        _network.Pass(120_000); // whatever was believed of the future is past
        _two.Channel.Asking = null;
        _network.Pass(5_000);
        Replica.Local.Check();
        Assert.True(Replica.IsWhole);
        Read(There);
    }

    [Fact]
    public void Bad_digests_are_passed_over()
    {
        Here["key"] = "value";
        foreach (var spoil in new Func<DigestAnswer, DigestAnswer>[] { answer => answer with { Buckets = [] }, answer => answer with { Buckets = null! }, answer => answer with { Buckets = new ulong[257] } })
        {
            Spoil(spoil);
            _network.Pass(3_000);
            Assert.Equal("value", There["key"]);
        }

        var asked = 0;
        _two.Channel.Asking = (_, _, ask) =>
        {
            asked++;
            return new(ask());
        };
        _network.Pass(3_000);
        Assert.InRange(asked, 1, 10); // it goes on asking
    }

    // Questions. ---------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_question_that_makes_no_sense_gets_an_empty_answer()
    {
        Here["key"] = "value";
        byte[] key = [.. "key"u8];
        Assert.True(Here.TryGetMetadata("key", out var metadata));
        var version = metadata.Version!.Value;
        foreach (var request in new CacheRequest?[]
        {
            null,
            new StateRequest(2, 1),
            new ChunkRequest(key, version, -1, 1),
            new ChunkRequest(key, version, 0, 0),
            new ChunkRequest(key, version, 0, -1),
            new ChunkRequest(key, version, 0, int.MaxValue),
            new ChunkRequest(key, version, long.MaxValue, 1),
            new ChunkRequest(key, version, 5, 10_000),
            new ChunkRequest(key, new(1, 1), 0, 1),
            new ChunkRequest([1, 2, 255], version, 0, 1),
            new ChunkRequest([], version, 0, 1),
            new ChunkRequest(null!, version, 0, 1),
            new EntriesRequest(null!),
            new EntriesRequest([[1, 2, 255]]),
        })
        {
            var bytes = _one.Services.GetRequiredService<Serializer<CacheRequest>>().SerializeToArray(request!);
            Assert.True(_one.Handler.Answer(bytes).Length == 0, $"{request}");
        }
    }

    [Fact]
    public void Every_truncation_and_mutation_of_a_question_gets_an_answer_and_throws_nothing()
    {
        Here["key"] = "value";
        byte[] key = _one.Services.GetRequiredService<Serializer<string>>().SerializeToArray("key");
        var serializer = _one.Services.GetRequiredService<Serializer<CacheRequest>>();
        foreach (var request in new CacheRequest[] { new DigestRequest(), new StateRequest(0, ulong.MaxValue), new EntriesRequest([key]), new ChunkRequest(key, new(1, 1), 0, 10) })
        {
            var real = serializer.SerializeToArray(request);
            for (var length = 0; length < real.Length; length++)
                Answer(real[..length]);
            for (var i = 0; i < real.Length; i++)
            {
                foreach (byte value in (byte[])[0, 1, 0x7F, 0x80, 0xFF, (byte)(real[i] ^ 1), (byte)(real[i] + 1)])
                {
                    var bytes = real.ToArray();
                    bytes[i] = value;
                    Answer(bytes);
                }
            }
        }

        Assert.Equal("value", Here["key"]);

        void Answer(byte[] request)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.NotNull(_one.Handler.Answer(request));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        }
    }

    // Holes. -------------------------------------------------------------------------------------------------------------------------------

    /// <summary>
    /// Two has lost a removal. A third takes One's state, in which that is forgotten already. When it compares with Two, it takes nothing from a member that lacks changes. When it must, for changes of Two's own, it takes the
    /// value that had been removed as well: after that it lacks what Two lacks, and shows nothing before it has had that again.
    /// </summary>
    [Fact]
    public void Whoever_takes_the_state_of_a_member_that_lacks_changes_lacks_them_too()
    {
        Here["key"] = "value";
        _network.IsHeld = true;
        Here.Remove("key");
        _network.Lose(_one, _two);
        _network.IsHeld = false;
        _two.Channel.Asking = static (_, _, _) => throw new TimeoutException("on purpose");
        _network.Pass(2_000);
        Assert.False(Replica.IsWhole);

        var three = _network.JoinReplica<string, string>(isStarted: false);
        var (replica, source) = (three.Replica<string, string>(), _one.Channel.Silo);
        three.Channel.Asking = (silo, _, ask) => silo.Equals(source) ? new(ask()) : throw new TimeoutException("on purpose");
        _network.PassUntil(() => replica.IsWhole);
        source = _two.Channel.Silo;
        _network.Pass(3_000);
        Assert.Empty(replica.Local.Collect(0, ulong.MaxValue, 10).Keys);
        three.Handler.OnGap(source, _two.Channel.Stamps.Next());
        _network.Pass(1_000);
        Assert.Equal((KeyFate.Held, false), (replica.Local.Collect(0, ulong.MaxValue, 10).Keys.Single().Fate, replica.IsWhole));
        source = _one.Channel.Silo;
        _network.PassUntil(() => replica.IsWhole);
        _network.Start(three);
        Assert.True(replica.IsWhole);
        Assert.Empty(three.Get<string, string>());
    }

    [Fact]
    public void A_hole_hides_everything_at_once_and_a_pull_shows_it_with_what_was_missed()
    {
        Here["key"] = "value";
        Here["gone"] = "value";
        _network.IsHeld = true;
        Here["lost"] = "found";
        Here.Remove("gone");
        Here.MoveToLast("key");
        _network.Lose(_one, _two);
        _network.IsHeld = false;
        Assert.Empty(There);
        Assert.Throws<KeyNotFoundException>(() => There["key"]);
        Assert.False(Replica.IsWhole);
        _network.Pass();
        Assert.Equal([new("lost", "found"), new("key", "value")], There.ToArray());
        Assert.True(Replica.IsWhole);
        Assert.Equal(0, Replica.Replica.LostHoles);
        Assert.Equal(_one.Replica<string, string>().Digest(), Replica.Digest());
    }

    [Fact]
    public void A_third_member_that_knows_as_much_mends_a_hole()
    {
        var three = _network.JoinReplica<string, string>();
        _network.Pass();
        LoseOne();
        _two.Channel.Asking = (silo, _, ask) => silo.Equals(_one.Channel.Silo) ? throw new TimeoutException("on purpose") : new(ask());
        _network.Pass(2_000);
        Assert.Equal("found", There["lost"]);
        Assert.True(three.Get<string, string>().ContainsKey("lost"));
    }

    [Fact]
    public void A_member_with_the_same_hole_mends_nothing()
    {
        var three = _network.JoinReplica<string, string>();
        _network.Pass();
        _network.IsHeld = true;
        Here["lost"] = "found";
        _network.Lose(_one, _two);
        _network.Lose(_one, three);
        _network.IsHeld = false;
        foreach (var member in new[] { _two, three })
            member.Channel.Asking = (silo, _, ask) => silo.Equals(_one.Channel.Silo) ? throw new TimeoutException("on purpose") : new(ask());
        _network.Pass(5_000);
        Assert.False(Replica.IsWhole);
        Assert.False(three.Replica<string, string>().IsWhole);
        Assert.Empty(There);
        three.Channel.Asking = null; // it reaches the first, and the second reaches it
        _network.Pass(5_000);
        Assert.Equal("found", There["lost"]);
    }

    [Fact]
    public void A_hole_of_a_member_that_has_gone_is_mended_by_whoever_remembers_him()
    {
        var three = _network.JoinReplica<string, string>();
        _network.Pass();
        LoseOne();
        _network.Leave(_one);
        _network.Pass(1_000);
        Assert.Equal("found", There["lost"]);
        Assert.Equal((0, 0), (Replica.Replica.LostHoles, three.Replica<string, string>().Replica.LostHoles));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_hole_that_nobody_can_fill_clears_what_is_older_on_all(bool isLostByBoth)
    {
        var three = _network.JoinReplica<string, string>();
        _network.Pass();
        Here["old"] = "value";
        _network.IsHeld = true;
        Here["lost"] = "found";
        _network.Lose(_one, _two);
        if (isLostByBoth)
            _network.Lose(_one, three);
        _network.DeliverAll();
        _network.IsHeld = false;
        foreach (var member in new[] { _two, three })
            member.Channel.Asking = (_, _, _) => throw new TimeoutException("on purpose");
        _network.Pass(20);
        three.Get<string, string>()["new"] = "value"; // with a later stamp than what was lost
        _network.Leave(_one);
        _network.Pass(1_000);
        Assert.Empty(There);
        _network.ForgetDeparted();
        _network.Pass(1_000);
        Assert.Equal(1, Replica.Replica.LostHoles);
        Assert.Equal(isLostByBoth ? 1 : 0, three.Replica<string, string>().Replica.LostHoles);
        Assert.Equal(["new"], There.Keys);
        foreach (var member in new[] { _two, three })
            member.Channel.Asking = null;
        _network.Pass(5_000);
        Assert.Equal(["new"], There.Keys);
        Assert.Equal(["new"], three.Get<string, string>().Keys);
        Assert.Equal(three.Replica<string, string>().Digest(), Replica.Digest());
        Replica.Local.Check();
    }

    [Fact]
    public async Task A_cache_with_a_hole_takes_writes_and_makes_coherent_verbs()
    {
        Here["key"] = "value";
        LoseOne();
        _two.Channel.Asking = (_, _, _) => throw new TimeoutException("on purpose");
        There["from there"] = "1";
        await There.SetAsync("key", "2", Token);
        Here["from here"] = "3";
        Assert.Empty(There);
        Assert.Equal("2", Here["key"]);
        Mends();
        Assert.Equal(4, There.Count);
        Assert.Equal(Here.ToArray(), There.ToArray());
    }

    [Fact]
    public void A_gap_of_this_member_itself_is_no_lost_hole()
    {
        Here["key"] = "value";
        _two.Handler.OnGap(_two.Channel.Silo, 0); // as when wall and monotonic clock have parted
        _network.Pass(1_000);
        Assert.Equal("value", There["key"]);
        Assert.Equal(0, Replica.Replica.LostHoles);
    }

    // ---------------------------------------------------------------------------------------------------------------------------------------

    /// <summary>The other has "lost", and this one does not.</summary>
    private void LoseOne()
    {
        _network.IsHeld = true;
        Here["lost"] = "found";
        _network.Lose(_one, _two);
        _network.DeliverAll();
        _network.IsHeld = false;
    }

    private void Mends()
    {
        _two.Channel.Asking = null;
        _network.Pass(2_000);
        Assert.True(Replica.IsWhole);
        Assert.Equal("found", There["lost"]);
        Assert.Equal(_one.Replica<string, string>().Digest(), Replica.Digest());
        Replica.Local.Check();
    }

    /// <summary>Changes every answer of a kind.</summary>
    private void Spoil<TAnswer>(Func<TAnswer, TAnswer> spoil)
    {
        var serializer = _two.Services.GetRequiredService<Serializer<TAnswer>>();
        _two.Channel.Asking = (_, request, ask) =>
        {
            var isMeant = (LargeValueTests.Read(_two, request), typeof(TAnswer).Name) is (DigestRequest, nameof(DigestAnswer)) or (StateRequest, nameof(StateAnswer)) or (EntriesRequest, nameof(EntriesAnswer));
            return new(isMeant ? serializer.SerializeToArray(spoil(serializer.Deserialize(ask())!)) : ask());
        };
    }

    private byte[] Frame(string operation)
    {
        Here["key"] = "value";
        _network.Frames.Clear();
        switch (operation)
        {
            case "Set": Here["key"] = "another value"; break;
            case "Set with terms": Here.Set("key", "x", new CacheEntryOptions { Tags = ["red", "blue"], Size = 1_000, TimeToLive = TimeSpan.FromDays(1) }); break;
            case "Set large": Here["key"] = new string('x', 100_000); break;
            case "Move": Here.MoveToFirst("key"); break;
            case "Remove": Here.Remove("key"); break;
            case "Tag": _ = Here.RemoveByTagAsync("red", Token).AsTask(); break;
            default: Here.Clear(); break;
        }

        return Assert.Single(_network.Frames);
    }

    private static ReadOnlySpan<byte> Content(byte[] frame)
    {
        Assert.True(CacheFrame.TryReadHeader(frame, out _, out var body) && WireEntry.TryRead(body, out var entry));
        WireEntry.TryRead(body, out entry);
        return entry.Content;
    }

    private FrameOutcome Apply(byte[] frame, long? stamp = null)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = _two.Handler.Apply(new ReceivedFrame { Payload = frame, Stamp = stamp ?? _one.Channel.Stamps.Next(), Member = _one.Channel.Member, Sender = _one.Channel.Silo });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocationBound);
        return outcome;
    }

    private static void Read(IMcCache<string, string> cache)
    {
        foreach (var (key, value) in cache.ToArray())
            Assert.True(key is not null && (value is null || value.Length >= 0));
        foreach (var key in cache.Keys.ToArray())
            cache.TryGetValue(key, out _);
    }
}
