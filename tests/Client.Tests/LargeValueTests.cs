using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using static McCache.Client.Tests.ReplicatedTests;

namespace McCache.Client.Tests;

/// <summary>Large values: a descriptor travels, the bytes are pulled, whole or not at all; and nothing of them stays.</summary>
public sealed class LargeValueTests
{
    private const int Length = 1_000_000;
    private readonly Network _network = new();
    private readonly Network.Member _one;
    private readonly Network.Member _two;
    private readonly IMcCache<string, byte[]> _here;
    private readonly IMcCache<string, byte[]> _there;

    public LargeValueTests()
    {
        (_one, _two) = (_network.JoinReplica<string, byte[]>(), _network.JoinReplica<string, byte[]>());
        (_here, _there) = (_one.Get<string, byte[]>(), _two.Get<string, byte[]>());
        _network.Pass();
        _here["small"] = [1];
        _network.Frames.Clear();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ReplicatedCache<string, byte[]> Puller => _two.Replica<string, byte[]>();

    [Fact]
    public async Task The_frame_is_a_descriptor_and_the_value_follows()
    {
        var value = Bytes(Length);
        await _here.SetAsync("large", value, new CacheEntryOptions { Tags = ["t"], TimeToLive = TimeSpan.FromMinutes(5) }, Token); // does not wait for the bytes
        Assert.InRange(Assert.Single(_network.Frames).Length, 1, 199);
        Assert.False(_there.ContainsKey("large"));
        _network.PassUntil(() => _there.ContainsKey("large"));
        Assert.Equal(value, _there["large"]);
        Assert.True(_there.TryGetMetadata("large", out var there));
        Assert.True(_here.TryGetMetadata("large", out var here));
        Assert.Equal(here.Version, there.Version);
        Assert.Equal(["t"], there.Tags);
        Assert.Equal(["small", "large"], _there.Keys);
        Assert.Single(_network.Frames);
        Assert.Equal((1L, 0L), (Puller.Replica.Pulled, Puller.Replica.Refused));
        AssertSame();
        AssertFreed();
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void The_limit_is_the_bytes_of_the_serialized_value(int more, bool isLarge)
    {
        var overhead = _one.Services.GetRequiredService<Serializer<byte[]>>().SerializeToArray(new byte[60_000]).Length - 60_000;
        _here["edge"] = new byte[(64 * 1024) - overhead + more];
        Assert.Equal(isLarge, Assert.Single(_network.Frames).Length < 200);
        _network.PassUntil(() => _there.ContainsKey("edge"));
        Assert.Equal(_here["edge"], _there["edge"]);
        AssertFreed();
    }

    [Fact]
    public void Values_of_many_sizes_arrive_whole()
    {
        int[] lengths = [65_536, 131_072, 131_073, 1_048_576, 1_048_577, 3_000_000];
        foreach (var length in lengths)
            _here[$"{length}"] = Bytes(length, length);
        _network.PassUntil(() => _there.Count == lengths.Length + 1);
        foreach (var length in lengths)
            Assert.Equal(Bytes(length, length), _there[$"{length}"]);
        AssertSame();
        AssertFreed();
    }

    [Fact]
    public void A_value_that_nobody_reads_stays_packed_and_can_be_pulled_on()
    {
        _here["large"] = Bytes(Length);
        _network.PassUntil(() => _there.ContainsKey("large"));
        _network.Leave(_one);
        _network.ForgetDeparted();
        _network.Pass(40_000); // nothing is kept for others any more
        var three = _network.JoinReplica<string, byte[]>();
        _network.PassUntil(() => three.Get<string, byte[]>().ContainsKey("large"));
        Assert.Equal(Bytes(Length), three.Get<string, byte[]>()["large"]);
        Assert.Equal(Bytes(Length), _there["large"]);
        Assert.Equal(Puller.Digest(), three.Replica<string, byte[]>().Digest());
    }

    [Fact]
    public void What_a_descriptor_supersedes_has_gone_before_the_bytes_have_come()
    {
        _here["large"] = [1];
        Assert.Equal([1], _there["large"]);
        _here["large"] = Bytes(Length);
        Assert.False(_there.TryGetValue("large", out _));
        _network.PassUntil(() => _there.ContainsKey("large"));
        Assert.Equal(["small", "large"], _there.Keys);
        AssertFreed();
    }

    public static TheoryData<string, Action<IMcCache<string, byte[]>>, string> Successors => new()
    {
        { "a small one", cache => cache["large"] = [7], "small large" },
        { "a large one", cache => cache["large"] = Bytes(Length / 2, 2), "small large" },
        { "a removal", cache => cache.Remove("large"), "small" },
        { "a clear", cache => cache.Clear(), "" },
        { "a removal by tag", cache => _ = cache.RemoveByTagAsync("t", Token).AsTask(), "small" },
        { "a move", cache => cache.MoveToFirst("large"), "large small" },
    };

    [Theory]
    [MemberData(nameof(Successors))]
    public void While_a_value_is_on_its_way_something_newer_comes(string what, Action<IMcCache<string, byte[]>> write, string expected)
    {
        Assert.NotEmpty(what);
        var chunks = new Gate(_two);
        _here.Set("large", Bytes(Length), new CacheEntryOptions { Tags = ["t"] });
        _network.PassUntil(() => chunks.Waiting > 0);
        write(_here);
        Assert.False(_there.ContainsKey("large") && _there["large"].Length == Length);
        chunks.Open();
        _network.Pass(5_000);
        Assert.Equal(expected, string.Join(' ', _there.Keys));
        Assert.Equal(expected, string.Join(' ', _here.Keys));
        Assert.Equal(_here.ToArray().Select(pair => pair.Value), _there.ToArray().Select(pair => pair.Value));
        Assert.Equal(0, Puller.Replica.Refused);
        AssertSame();
        AssertFreed();
    }

    [Theory]
    [MemberData(nameof(Successors))]
    public void Something_newer_from_the_puller_itself(string what, Action<IMcCache<string, byte[]>> write, string expected)
    {
        Assert.NotEmpty(what);
        if (what == "a move")
            return; // there it is not yet there
        var chunks = new Gate(_two);
        _here.Set("large", Bytes(Length), new CacheEntryOptions { Tags = ["t"] });
        _network.PassUntil(() => chunks.Waiting > 0);
        write(_there);
        chunks.Open();
        _network.Pass(5_000);
        Assert.Equal(expected, string.Join(' ', _there.Keys));
        Assert.Equal(_here.Keys, _there.Keys);
        AssertSame();
        AssertFreed();
    }

    [Fact]
    public void A_fill_that_began_before_a_pull_does_not_outlive_it()
    {
        var chunks = new Gate(_two);
        _here["large"] = Bytes(Length);
        _network.PassUntil(() => chunks.Waiting > 0);
        Assert.Equal([5], _there.GetOrAdd("large", _ => [5])); // it may: the source may be newer
        chunks.Open();
        _network.PassUntil(() => _there.TryGetValue("large", out var value) && value.Length == Length);
        AssertSame();
        AssertFreed();
    }

    [Fact]
    public void Few_chunks_travel_at_once()
    {
        var chunks = new Gate(_two);
        _here["a"] = Bytes(2 * Length);
        _here["b"] = Bytes(2 * Length);
        _here["c"] = Bytes(2 * Length);
        _network.PassUntil(() => chunks.Waiting > 0);
        _network.Pass();
        Assert.Equal(2, chunks.Waiting); // the first of each of two values
        Assert.InRange(Puller.LargeBytes, 4 * Length, (4 * Length) + 100);
        chunks.Open();
        _network.PassUntil(() => _there.Count == 4);
        AssertFreed();
    }

    [Fact]
    public void What_is_larger_than_MaxBytes_here_is_not_cached_here_and_counted_once()
    {
        var three = _network.JoinReplica<string, byte[]>(options => options.MaxBytes = 500_000);
        var cache = three.Get<string, byte[]>();
        _network.PassUntil(() => cache.ContainsKey("small"));
        cache["large"] = [1];
        var asked = new List<CacheRequest>();
        three.Channel.Asking = (_, request, ask) =>
        {
            asked.Add(Read(three, request));
            return new(ask());
        };
        _here["large"] = Bytes(Length);
        _network.Pass(10_000);
        Assert.False(cache.ContainsKey("large")); // nor what was there before
        Assert.True(_there.ContainsKey("large"));
        Assert.True(_here.ContainsKey("large"));
        Assert.Equal(1, cache.Statistics.OversizedValues);
        Assert.True(three.Replica<string, byte[]>().Local.IsPartial);
        Assert.DoesNotContain(asked, request => request is ChunkRequest or EntriesRequest);
        _network.Pass(40_000);
        Assert.Equal(0, three.Replica<string, byte[]>().LargeBytes);
        Assert.Equal(1, cache.Statistics.OversizedValues);
        three.Replica<string, byte[]>().Local.Check();
        AssertFreed();
    }

    [Fact]
    public void A_source_that_leaves_is_replaced_by_another_that_has_the_value()
    {
        var three = _network.JoinReplica<string, byte[]>();
        _network.PassUntil(() => three.Get<string, byte[]>().ContainsKey("small"));
        var chunks = new Gate(three);
        _here["large"] = Bytes(Length);
        _network.PassUntil(() => _there.ContainsKey("large") && chunks.Waiting > 0);
        _network.Leave(_one);
        chunks.Open();
        _network.PassUntil(() => three.Get<string, byte[]>().ContainsKey("large"));
        Assert.Equal(Bytes(Length), three.Get<string, byte[]>()["large"]);
        Assert.Equal(0, three.Replica<string, byte[]>().Replica.Refused);
        _network.Pass(40_000);
        Assert.Equal((0, 0), (three.Replica<string, byte[]>().LargeBytes, Puller.LargeBytes));
    }

    [Fact]
    public void A_value_whose_only_source_has_left_is_given_up_by_all()
    {
        var three = _network.JoinReplica<string, byte[]>();
        _network.PassUntil(() => three.Get<string, byte[]>().ContainsKey("small"));
        Gate[] chunks = [new Gate(_two), new Gate(three)];
        _here["large"] = Bytes(Length);
        _network.PassUntil(() => chunks.All(gate => gate.Waiting > 0));
        _network.Leave(_one);
        foreach (var gate in chunks)
            gate.Open();
        _network.Pass(10_000);
        Assert.False(three.Get<string, byte[]>().ContainsKey("large"));
        Assert.False(_there.ContainsKey("large"));
        Assert.Equal(Puller.Digest(), three.Replica<string, byte[]>().Digest());
        _there["large"] = [1];
        Assert.Equal([1], three.Get<string, byte[]>()["large"]);
        _network.Pass(40_000);
        Assert.Equal((0, 0), (three.Replica<string, byte[]>().LargeBytes, Puller.LargeBytes));
    }

    [Fact]
    public void A_newcomer_gets_large_values_too()
    {
        _here["a"] = Bytes(Length, 1);
        _here["b"] = Bytes(Length, 2);
        _network.PassUntil(() => _there.Count == 3);
        Assert.Equal(Length, _there["a"].Length); // unpacked there, packed still: b
        var three = _network.JoinReplica<string, byte[]>();
        _network.PassUntil(() => three.Get<string, byte[]>().Count == 3);
        Assert.Equal(Bytes(Length, 1), three.Get<string, byte[]>()["a"]);
        Assert.Equal(Bytes(Length, 2), three.Get<string, byte[]>()["b"]);
        Assert.Equal(["small", "a", "b"], three.Get<string, byte[]>().Keys);
        Assert.Equal(Puller.Digest(), three.Replica<string, byte[]>().Digest());
    }

    // Bad input. ---------------------------------------------------------------------------------------------------------------------------

    public static TheoryData<string, Func<byte[], byte[]>, bool> BadChunks => new()
    {
        { "empty", _ => [], false },
        { "too short", chunk => chunk[1..], false },
        { "too long", chunk => [.. chunk, 0], false },
        { "a wrong byte", chunk => [(byte)(chunk[0] ^ 1), .. chunk[1..]], true },
        { "zeros", chunk => new byte[chunk.Length], true },
    };

    [Theory]
    [MemberData(nameof(BadChunks))]
    public void A_source_of_bad_chunks_is_passed_over(string how, Func<byte[], byte[]> spoil, bool isRefused)
    {
        Assert.NotEmpty(how);
        var three = _network.JoinReplica<string, byte[]>();
        var replica = three.Replica<string, byte[]>();
        _network.PassUntil(() => three.Get<string, byte[]>().ContainsKey("small"));
        three.Channel.Asking = (silo, request, ask) => new(Read(three, request) is ChunkRequest && silo.Equals(_one.Channel.Silo) ? spoil(ask()) : ask());
        _here["large"] = Bytes(Length);
        _network.PassUntil(() => three.Get<string, byte[]>().ContainsKey("large"));
        Assert.Equal(Bytes(Length), three.Get<string, byte[]>()["large"]);
        Assert.Equal(isRefused, replica.Replica.Refused > 0);
        _network.Pass(40_000);
        Assert.Equal(0, replica.LargeBytes);
        AssertFreed();
    }

    [Theory]
    [MemberData(nameof(BadChunks))]
    public void From_bad_chunks_only_nothing_is_cached(string how, Func<byte[], byte[]> spoil, bool isRefused)
    {
        Assert.NotEmpty(how);
        _two.Channel.Asking = (_, request, ask) => new(Read(_two, request) is ChunkRequest ? spoil(ask()) : ask());
        _here["large"] = Bytes(Length);
        _network.Pass(5_000);
        Assert.False(_there.ContainsKey("large"));
        Assert.Equal(isRefused, Puller.Replica.Refused > 0);
        Assert.Equal([1], _there["small"]);
        Puller.Local.Check();
        AssertFreed();
        _two.Channel.Asking = null;
        _here["large"] = Bytes(Length, 2);
        _network.PassUntil(() => _there.ContainsKey("large"));
        Assert.Equal(Bytes(Length, 2), _there["large"]);
    }

    [Fact]
    public void Chunks_in_another_order_or_twice_are_refused()
    {
        var chunks = new Dictionary<long, byte[]>();
        _two.Channel.Asking = (_, request, ask) =>
        {
            if (Read(_two, request) is not ChunkRequest chunk)
                return new(ask());
            chunks[chunk.Offset] = ask();
            return new(chunks.GetValueOrDefault(chunk.Offset - chunk.Count, chunks[chunk.Offset])); // the first one twice, and all others late
        };
        _here["large"] = Bytes(64 * 1024 * 10);
        _network.Pass(5_000);
        Assert.False(_there.ContainsKey("large"));
        Assert.InRange(Puller.Replica.Refused, 1, 10);
        AssertFreed();
    }

    [Fact]
    public void A_source_that_does_not_answer_is_asked_again()
    {
        var failures = 5;
        _two.Channel.Asking = (_, request, ask) => Read(_two, request) is ChunkRequest && failures-- > 0 ? throw new TimeoutException("on purpose") : new(ask());
        _here["large"] = Bytes(Length);
        _network.PassUntil(() => _there.ContainsKey("large"));
        Assert.Equal(Bytes(Length), _there["large"]);
        AssertFreed();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 1)]
    [InlineData(4L << 40)]
    [InlineData((512L * 1024 * 1024) + 1)]
    public void A_descriptor_of_an_impossible_length_is_not_cached_and_allocates_nothing(long length)
    {
        _there["large"] = [1];
        var frame = Describe(length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = _two.Handler.Apply(new ReceivedFrame { Payload = frame, Stamp = _one.Channel.Stamps.Next(), Member = _one.Channel.Member, Sender = _one.Channel.Silo });
        _network.Pass(2_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5_000_000);
        Assert.Equal(0, Puller.LargeBytes);
        Assert.False(_there.ContainsKey("large") && outcome != FrameOutcome.Refused);
        Assert.True(outcome == FrameOutcome.Refused || _there.Statistics.OversizedValues == 1);
        Puller.Local.Check();
    }

    /// <summary>It is believed, since it might be true; but memory grows with the bytes that come, not with those that were announced.</summary>
    [Fact]
    public void A_descriptor_that_announces_too_much_allocates_what_comes()
    {
        _here["large"] = Bytes(Length);
        _network.PassUntil(() => _there.ContainsKey("large"));
        var frame = Describe(400L * 1024 * 1024);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _two.Handler.Apply(new ReceivedFrame { Payload = frame, Stamp = _one.Channel.Stamps.Next(), Member = _one.Channel.Member, Sender = _one.Channel.Silo });
        _network.Pass(2_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        Assert.False(_there.ContainsKey("large"));
        Assert.Equal([1], _there["small"]);
        Puller.Local.Check();
        AssertFreed();
    }

    /// <summary>A frame that describes a value under the key "large" with a length of the test's choice.</summary>
    private byte[] Describe(long length)
    {
        _network.IsHeld = true;
        _one.Get<string, byte[]>()["large"] = Bytes(Length);
        var frame = _network.Frames[^1].ToArray();
        _network.Lose(_one, _two);
        _network.IsHeld = false;
        _one.Get<string, byte[]>().Remove("large");
        _network.Pass();
        BitConverter.TryWriteBytes(frame.AsSpan(frame.Length - Descriptor.Size), length);
        return frame;
    }

    internal static CacheRequest Read(Network.Member member, byte[] request) => member.Services.GetRequiredService<Serializer<CacheRequest>>().Deserialize(request)!;

    private void AssertSame()
    {
        _one.Replica<string, byte[]>().Local.Check();
        Puller.Local.Check();
        Assert.Equal(_one.Replica<string, byte[]>().Digest(), Puller.Digest());
    }

    private void AssertFreed()
    {
        _network.Pass(40_000);
        Assert.Equal((0, 0), (_one.Replica<string, byte[]>().LargeBytes, Puller.LargeBytes));
    }

    /// <summary>Holds the chunks that a member asks for, until it is opened.</summary>
    private sealed class Gate
    {
        private readonly Network.Member _member;
        private readonly List<(TaskCompletionSource<byte[]> Answer, Func<byte[]> Ask)> _waiting = [];

        internal Gate(Network.Member member)
        {
            _member = member;
            member.Channel.Asking = (_, request, ask) =>
            {
                if (Read(member, request) is not ChunkRequest)
                    return new(ask());
                _waiting.Add((new(), ask));
                return new(_waiting[^1].Answer.Task);
            };
        }

        internal int Waiting => _waiting.Count;

        internal void Open()
        {
            _member.Channel.Asking = null;
            _ = Quietly(() =>
            {
                foreach (var (answer, ask) in _waiting.ToArray())
                {
                    byte[] bytes;
                    try
                    {
                        bytes = ask();
                    }
                    catch (TimeoutException exception)
                    {
                        answer.SetException(exception);
                        continue;
                    }

                    answer.SetResult(bytes);
                }

                return Task.CompletedTask;
            });
        }
    }
}
