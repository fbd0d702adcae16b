using CsCheck;

namespace McCache.Streaming.Tests;

/// <summary>The format of frames: as it is written down, and safe to read from any bytes.</summary>
public sealed class FrameTests
{
    /// <summary>A change here is a change of the protocol: members of two versions would refuse each other's batches.</summary>
    private const string Golden = "81" + "d402" + "aca8d0a0c102" + "09" + "0200" + "6e73" + "6b65792d2d" + "01ff"
        + "41" + "00" + "02" + "00"
        + "04" + "03" + "01" + "05" + "0200" + "6e73" + "6b" + "020a0b";

    private static readonly Gen<(StreamId Stream, FrameKind Kind, bool IsAwaited, long Number, byte[] Payload)> s_frames = Gen.Select(
        Gen.Select(Gen.Byte.Array[0, 8], Gen.OneOf(Gen.Byte.Array[1, 8], Bytes(115, 116, 117, 118, StreamNames.MaxLength - 10))).Select(parts => StreamId.Create(parts.Item1, parts.Item2)),
        Gen.Int[0, 63].Select(kind => (FrameKind)kind),
        Gen.Bool,
        Gen.OneOf(Gen.Long, Gen.Const(0L), Gen.Const(long.MaxValue), Gen.Const(long.MinValue)),
        Gen.OneOf(Gen.Byte.Array[0, 40], Bytes(127, 128, 16_383, 16_384)));

    [Fact]
    public void The_bytes_are_what_is_written_down()
    {
        var first = new Frame(FrameKind.Item, true, StreamId.Create("ns", "key--"), [0xff]);
        var second = new Frame(FrameKind.Item, false, StreamId.Create("ns", "key--"), []);
        var third = new Frame(FrameKind.Relayed, false, StreamId.Create("ns", "k"), [10, 11]);
        first.SetNumber(171, 0x0000_000a_0a0a_0a16);
        second.SetNumber(172, 0x0000_000a_0a0a_0a17);
        third.SetNumber(171, 0x0000_000a_0a0a_0a16);
        Assert.Equal(Golden, Convert.ToHexStringLower(Frames.Pack(first, second, third)));
    }

    [Fact]
    public void What_was_written_is_read()
        => s_frames.Array[0, 5].Sample(items =>
        {
            var reader = new FrameReader(Frames.Pack([.. items.Select(Create)]));
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
        var sent = new byte[frame.Size];
        var writer = new FrameWriter(sent);
        writer.Write(frame, last);
        var reader = new FrameReader(sent.AsSpan(0, writer.Written));
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
            var bytes = Frames.Pack(Create(item));
            for (var length = 0; length < bytes.Length; length++)
                Assert.False(new FrameReader(bytes.AsSpan(0, length)).TryRead(out _));
        });

    [Fact]
    public void A_frame_is_as_long_as_was_counted_and_at_most_its_size()
        => s_frames.Array[1, 5].Sample(items =>
        {
            Frame[] frames = [.. items.Select(Create)];
            for (var count = 1; count <= frames.Length; count++)
                Assert.Equal(Frames.Pack(frames[..count]).Length, frames[..count].Select((frame, i) => FrameWriter.GetLength(i == 0 ? null : frames[i - 1], frame)).Sum());
            Assert.All(frames, frame => Assert.InRange(Frames.Pack(frame).Length, 0, frame.Size));
        });

    [Theory]
    [InlineData("01 00 00 05 0200 6e73 6b 03 0102")] // a payload that is longer than what is left
    [InlineData("01 00 00 05 0200 6e73 6b ffffffffffffffffff01")] // and the longest there is
    [InlineData("01 00 00 05 0200 6e73 6b ffffffffffffffffff02")] // a length of more than 64 bits
    [InlineData("01 00 00 ffffffffffffffffff01 0200 6e73 6b 00")]
    [InlineData("01 00 00 06 0200 6e73 6b")]
    [InlineData("01 00 00 00 00")] // no name
    [InlineData("01 00 00 04 0200 6e73 00")] // no key in it
    [InlineData("01 00 00 02 0000 00")]
    [InlineData("41 00 00 00")] // the same stream as which?
    [InlineData("01 ffffffffffffffffffff 00 05 0200 6e73 6b 00")]
    public void What_cannot_be_is_refused(string bytes)
        => Assert.False(new FrameReader(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal))).TryRead(out _));

    [Fact]
    public void Gibberish_is_read_without_throwing() => Gen.Byte.Array[0, 200].Sample(ReadAll);

    [Fact]
    public void Mutated_frames_are_read_without_throwing()
        => Gen.Select(s_frames.Array[1, 4], Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 6]).Sample((items, mutations) =>
        {
            var bytes = Frames.Pack([.. items.Select(Create)]);
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

    private static Gen<byte[]> Bytes(params int[] lengths) => Gen.Int[0, lengths.Length - 1].Select(i => new byte[lengths[i]]);

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
