using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using CsCheck;
using Orleans.Serialization;

namespace McCache.Streaming.Tests;

/// <summary>Nobody reads, changes, forges, replays or turns to another what is sealed.</summary>
public sealed class SealerTests : IDisposable
{
    private static readonly string s_secret = NewSecret();
    private static readonly byte[] s_here = SealedCalls.Label(SiloAddress.New(IPAddress.Loopback, 1, 1));
    private static readonly byte[] s_there = SealedCalls.Label(SiloAddress.New(IPAddress.Loopback, 2, 2));
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly Sealer _sender = new(new KeyRing([s_secret]));
    private readonly Sealer _receiver = new(new KeyRing([s_secret]));

    public void Dispose() => _services.Dispose();

    /// <summary>What members send each other.</summary>
    public static TheoryData<string> Samples => [nameof(Batch), nameof(Acknowledgement), nameof(AskMessage), nameof(SettledMessage), nameof(PromiseMessage), nameof(Promise), nameof(GoodbyeMessage), nameof(Grant), nameof(AttachMessage), nameof(RenewMessage), nameof(ListenMessage), nameof(ClientBatchMessage), nameof(ClientSettledMessage), nameof(ClientAskMessage), nameof(DetachMessage), nameof(ClientObserverSettledMessage), nameof(ClientObserverDetachMessage)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void It_opens_once_and_only_as_it_was_sealed(string sample)
    {
        var message = Sample(sample);
        var envelope = _sender.Seal(s_here, "question"u8, message);
        for (var bit = 0; bit < envelope.Length * 8; bit++)
        {
            byte[] forged = [.. envelope];
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(SealRefusal.None, _receiver.Open(s_here, "question"u8, forged, out _));
        }

        for (var length = 0; length < envelope.Length; length++)
            Assert.Equal(SealRefusal.Forged, _receiver.Open(s_here, "question"u8, envelope.AsSpan(0, length), out _));
        Assert.Equal(SealRefusal.Forged, _receiver.Open(s_here, "question"u8, [.. envelope, 0], out _));
        Assert.Equal(SealRefusal.Forged, _receiver.Open(s_there, "question"u8, envelope, out _));
        Assert.Equal(SealRefusal.Forged, _receiver.Open(s_here, "another question"u8, envelope, out _));
        Assert.Equal(SealRefusal.None, _receiver.Open(s_here, "question"u8, envelope, out var opened));
        Assert.Equal(message, opened);
        Assert.Equal(SealRefusal.Replayed, _receiver.Open(s_here, "question"u8, envelope, out var replayed));
        Assert.Empty(replayed);
    }

    [Fact]
    public void Nothing_of_the_message_is_in_the_envelope()
    {
        var message = "a key and its value"u8;
        Assert.Equal(-1, _sender.Seal(s_here, [], message).AsSpan().IndexOf("value"u8));
        Assert.NotEqual(_sender.Seal(s_here, [], message)[Envelope.HeaderLength..], _sender.Seal(s_here, [], message)[Envelope.HeaderLength..]);
    }

    [Fact]
    public void Whoever_has_another_secret_can_neither_read_nor_be_read()
    {
        var stranger = new Sealer(new KeyRing([NewSecret()]));
        Assert.Equal(SealRefusal.UnknownKey, stranger.Open(s_here, [], _sender.Seal(s_here, [], [1]), out _));
        Assert.Equal(SealRefusal.UnknownKey, _receiver.Open(s_here, [], stranger.Seal(s_here, [], [1]), out _));
    }

    [Fact]
    public void A_secret_changes_without_a_gap()
    {
        var next = NewSecret();
        string[][] steps = [[s_secret], [s_secret, next], [next, s_secret], [next]];
        for (var step = 0; step < steps.Length; step++)
        {
            for (var other = Math.Max(0, step - 1); other <= Math.Min(step + 1, steps.Length - 1); other++)
            {
                (_sender.Ring, _receiver.Ring) = (new KeyRing(steps[step]), new KeyRing(steps[other])); // one may be a step ahead of the other
                Assert.Equal(SealRefusal.None, _receiver.Open(s_here, [], _sender.Seal(s_here, [], [1]), out _));
                Assert.Equal(SealRefusal.None, _sender.Open(s_there, [], _receiver.Seal(s_there, [], [1]), out _));
            }
        }

        Assert.Equal(SealRefusal.UnknownKey, _receiver.Open(s_here, [], new Sealer(new KeyRing([s_secret])).Seal(s_here, [], [1]), out _));
    }

    [Fact]
    public void Messages_that_overtake_each_other_open_and_those_that_are_very_late_do_not()
    {
        byte[][] envelopes = [.. Enumerable.Range(0, ReplayWindow.Size + 1).Select(_ => _sender.Seal(s_here, [], [1]))];
        foreach (var envelope in envelopes.Skip(1).Reverse())
            Assert.Equal(SealRefusal.None, _receiver.Open(s_here, [], envelope, out _));
        Assert.Equal(SealRefusal.Replayed, _receiver.Open(s_here, [], envelopes[0], out _));
    }

    [Fact]
    public void A_nonce_never_comes_twice_under_a_key()
    {
        var seen = new ConcurrentDictionary<string, bool>();
        string[] labels = ["a", "b"];
        for (var life = 0; life < 3; life++) // of one process after another, with the same secret
        {
            var sealer = new Sealer(new KeyRing([s_secret]));
            Parallel.For(0, 4_000, i =>
            {
                if (i % 1_000 == 999)
                    sealer.Ring = new KeyRing([s_secret, NewSecret()]);
                var name = Convert.ToHexString(Envelope.Question(sealer.Seal(Convert.FromHexString($"0{labels[i % 2]}"), [], [1]))); // what the key and the nonce are made of
                Assert.True(seen.TryAdd(name, true), "a nonce came twice");
            });
        }
    }

    [Fact]
    public void A_channel_that_was_forgotten_is_never_continued()
    {
        var first = Envelope.Question(_sender.Seal(s_here, [], [1]));
        for (var i = 0; i < Sealer.MaxChannels * 2; i++)
            _sender.Seal(BitConverter.GetBytes(i), [], [1]);
        var later = Envelope.Question(_sender.Seal(s_here, [], [1]));
        Assert.NotEqual(first[..Envelope.ChannelLength], later[..Envelope.ChannelLength]);
    }

    [Fact]
    public void Channels_are_bounded_and_those_in_use_stay()
    {
        var channels = new Channels<Kept>(4);
        var used = channels.Add([0], new Kept());
        for (byte i = 1; i < 100; i++)
        {
            Assert.Same(used, channels.Find([0]));
            channels.Add([i], new Kept());
            Assert.True(channels.Count <= 4);
        }
    }

    [Fact]
    public void Bytes_that_are_no_envelope_are_refused_and_leave_nothing()
        => Gen.Byte.Array[0, 200].Sample(bytes => _receiver.Open(s_here, [], bytes, out _) is SealRefusal.Forged or SealRefusal.UnknownKey);

    [Fact]
    public void The_window_lets_every_number_pass_once() => Gen.ULong[0, 3_000].Array[1, 300].Sample(numbers =>
    {
        var (window, seen, largest) = (new ReplayWindow(), new HashSet<ulong>(), 0UL);
        foreach (var number in numbers)
        {
            var expected = number > 0 && (number > largest || (largest - number < ReplayWindow.Size && !seen.Contains(number)));
            if (window.MayPass(number) != expected)
                return false;
            if (!expected)
                continue;
            window.Pass(number);
            seen.Add(number);
            largest = Math.Max(largest, number);
        }

        return true;
    });

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("secret", false)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", false)] // 31 bytes
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false)] // 33
    public void A_secret_has_32_bytes(string? text, bool isSecret) => Assert.Equal(isSecret, KeyRing.IsSecret(text));

    private static string NewSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyRing.SecretLength));

    private byte[] Sample(string name)
    {
        var publisher = new Incarnation(SiloAddress.New(IPAddress.Loopback, 3, 3), 7);
        var (frame, attachment) = (new Frame(FrameKind.Item, true, StreamId.Create("namespace", "key"), "payload"u8), new Attachment("p", publisher.Silo, 1));
        return _services.GetRequiredService<Serializer>().SerializeToArray<object>(name switch
        {
            nameof(Batch) => new Batch("p", publisher, 1, 1, new Gap([StreamNames.Of(StreamId.Create("a", "b"))]), Frames.Pack(frame), 5, 6, 7, 8),
            nameof(Acknowledgement) => new Acknowledgement(1, 2, 2, [new Lag([1, 2, 3], 1)], [4], 5),
            nameof(AskMessage) => new AskMessage("p", [1], [2, 3]),
            nameof(SettledMessage) => new SettledMessage("p", publisher, publisher.Silo, new Acknowledgement(1, 2, 2, null)),
            nameof(PromiseMessage) => new PromiseMessage(publisher.Silo, new MembershipVersion(3), TimeSpan.FromSeconds(3)),
            nameof(Promise) => new Promise(true, new MembershipVersion(3), 4, TimeSpan.FromSeconds(3), 5),
            nameof(GoodbyeMessage) => new GoodbyeMessage(publisher.Silo, true),
            nameof(AttachMessage) => new AttachMessage("p", 1, TimeSpan.FromSeconds(1), new Interest(1, [[1, 2]]), null!, [1]),
            nameof(RenewMessage) => new RenewMessage(attachment, TimeSpan.FromSeconds(1)),
            nameof(ListenMessage) => new ListenMessage(attachment, new Interest(1, [[1, 2]])),
            nameof(ClientBatchMessage) => new ClientBatchMessage(attachment, new Batch("p", publisher, 1, 1, null, Frames.Pack(frame))),
            nameof(ClientSettledMessage) => new ClientSettledMessage(attachment, new Acknowledgement(1, 2, 2, null)),
            nameof(ClientAskMessage) => new ClientAskMessage(attachment, [1], [2]),
            nameof(DetachMessage) => new DetachMessage(attachment),
            nameof(ClientObserverSettledMessage) => new ClientObserverSettledMessage(1, new Acknowledgement(1, 2, 2, null)),
            nameof(ClientObserverDetachMessage) => new ClientObserverDetachMessage(1),
            _ => new Grant(publisher.Silo, true, TimeSpan.FromSeconds(1)),
        });
    }

    private sealed class Kept : Channels<Kept>.IChannel
    {
        public bool WasUsed { get; set; }
    }
}
