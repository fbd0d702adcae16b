using CsCheck;

namespace McCache.Streaming.Tests;

/// <summary>The format of frames: fixed for ever, and safe to read from any bytes.</summary>
public sealed class FrameTests
{
    /// <summary>Written by the first version. A change here is a change of the protocol.</summary>
    private const string Golden = "1d000000" + "0102030405060708" + "1112131415161718" + "81" + "0900" + "0200" + "6e73" + "6b65792d2d" + "ff";

    private static readonly Gen<(StreamId Stream, FrameKind Kind, bool IsAwaited, long Number, byte[] Payload)> s_frames = Gen.Select(
        Gen.Select(Gen.Byte.Array[0, 8], Gen.Byte.Array[1, 8]).Select(parts => StreamId.Create(parts.Item1, parts.Item2)),
        Gen.Int[0, 127].Select(kind => (FrameKind)kind),
        Gen.Bool,
        Gen.Long,
        Gen.Byte.Array[0, 40]);

    [Fact]
    public void The_first_versions_bytes_are_still_the_same()
    {
        var frame = new Frame(FrameKind.Item, true, StreamId.Create("ns", "key--"), [0xff]);
        frame.SetNumber(0x0807060504030201, 0x1817161514131211);
        Assert.Equal(Golden, Convert.ToHexStringLower(frame.Bytes));
    }

    [Fact]
    public void What_was_written_is_read()
        => s_frames.Array[0, 5].Sample(items =>
        {
            var reader = new FrameReader([.. items.SelectMany(item => Create(item).Bytes)]);
            foreach (var item in items)
            {
                Assert.True(reader.TryRead(out var frame));
                Assert.Equal(item.Number, frame.Number);
                Assert.Equal(~item.Number, frame.Stamp);
                Assert.Equal(item.Kind, frame.Kind);
                Assert.Equal(item.IsAwaited, frame.IsAwaited);
                Assert.Equal(StreamNames.Of(item.Stream), frame.Name.ToArray());
                Assert.Equal(item.Stream.Namespace.ToArray(), StreamNames.ToStreamId(frame.Name).Namespace.ToArray());
                Assert.Equal(item.Stream.Key.ToArray(), StreamNames.ToStreamId(frame.Name).Key.ToArray());
                Assert.Equal(item.Payload, frame.Payload.ToArray());
            }

            Assert.True(reader.IsAtEnd);
        });

    [Theory]
    [InlineData(0, 9, false)]
    [InlineData(8, 9, true)]
    [InlineData(9, 9, true)]
    [InlineData(10, 9, false)] // what says it instead leaves later
    public void A_superseded_frame_leaves_without_its_payload_if_what_supersedes_it_leaves_with_it(long by, long last, bool isElided)
    {
        var frame = new Frame(FrameKind.Item, false, StreamId.Create("ns", "key"), [1, 2, 3]);
        frame.SetNumber(7, 70);
        if (by > 0)
            frame.Supersede(by);
        var sent = new byte[frame.Bytes.Length];
        var reader = new FrameReader(sent.AsSpan(0, frame.CopyTo(sent, last)));
        Assert.True(reader.TryRead(out var read) && reader.IsAtEnd);
        Assert.Equal(isElided ? FrameKind.Superseded : FrameKind.Item, read.Kind);
        Assert.Equal(isElided ? [] : [1, 2, 3], read.Payload.ToArray());
        Assert.Equal((7, 70, false), (read.Number, read.Stamp, read.IsAwaited));
        Assert.Equal(frame.Name.ToArray(), read.Name.ToArray());
    }

    [Fact]
    public void A_truncated_frame_is_refused()
        => s_frames.Sample(item =>
        {
            var bytes = Create(item).Bytes;
            for (var length = 0; length < bytes.Length; length++)
                Assert.False(new FrameReader(bytes.AsSpan(0, length)).TryRead(out _));
        });

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public void A_length_that_cannot_be_is_refused(int length)
    {
        var bytes = new Frame(FrameKind.Item, false, StreamId.Create("ns", "key"), new byte[10]).Bytes;
        BitConverter.GetBytes(length).CopyTo(bytes, 0);
        Assert.False(new FrameReader(bytes).TryRead(out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(ushort.MaxValue)]
    public void A_name_that_cannot_be_is_refused(ushort length)
    {
        var bytes = new Frame(FrameKind.Item, false, StreamId.Create("ns", "key"), new byte[10]).Bytes;
        BitConverter.GetBytes(length).CopyTo(bytes, Frame.NameLengthOffset);
        Assert.False(new FrameReader(bytes).TryRead(out _));
    }

    [Fact]
    public void Gibberish_is_read_without_throwing() => Gen.Byte.Array[0, 200].Sample(ReadAll);

    [Fact]
    public void Mutated_frames_are_read_without_throwing()
        => Gen.Select(s_frames.Array[1, 4], Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 6]).Sample((items, mutations) =>
        {
            var bytes = items.SelectMany(item => Create(item).Bytes).ToArray();
            foreach (var (position, value) in mutations)
                bytes[position % bytes.Length] = value;
            ReadAll(bytes);
        });

    [Fact]
    public void Streams_that_no_frame_can_name_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Frame(FrameKind.Item, false, default(StreamId), []));
        Assert.Throws<ArgumentException>(() => new Frame(FrameKind.Item, false, StreamId.Create("ns", new string('k', StreamNames.MaxLength)), []));
    }

    [Fact]
    public void Names_tell_namespace_from_key()
        => Assert.False(StreamNames.Comparer.Equals(StreamNames.Of(StreamId.Create("a", "bc")), StreamNames.Of(StreamId.Create("ab", "c"))));

    private static Frame Create((StreamId Stream, FrameKind Kind, bool IsAwaited, long Number, byte[] Payload) item)
    {
        var frame = new Frame(item.Kind, item.IsAwaited, item.Stream, item.Payload);
        frame.SetNumber(item.Number, ~item.Number);
        return frame;
    }

    private static void ReadAll(byte[] bytes)
    {
        var reader = new FrameReader(bytes);
        while (reader.TryRead(out var frame))
            _ = StreamNames.ToStreamId(frame.Name);
    }
}
