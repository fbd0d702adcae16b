namespace McCache.Streaming.Tests;

/// <summary>What a client keeps for its next gateway.</summary>
public sealed class SentFramesTests
{
    private static readonly StreamId s_stream = StreamId.Create("tests", "a");
    private readonly List<byte[]> _refused = [];
    private readonly SentFrames _sent;

    public SentFramesTests() => _sent = new SentFrames(new LaneLimits(3, 1_000), _refused.Add);

    [Fact]
    public void What_is_settled_is_not_kept_and_the_rest_is_in_order()
    {
        var frames = Enumerable.Range(0, 3).Select(_ => NewFrame()).ToArray();
        var sent = Array.ConvertAll(frames, frame => _sent.Add(frame, null));
        sent[1].Settle();
        sent[1].Settle(); // once is enough, twice is no harm
        Assert.Equal([frames[0], frames[2]], _sent.Take().Frames.Select(one => one.Frame));
    }

    [Fact]
    public async Task Of_what_does_not_fit_only_the_streams_are_remembered_and_whoever_waits_is_told()
    {
        var pending = NewPending();
        _sent.Add(NewFrame(), pending);
        for (var i = 0; i < 3; i++)
            _sent.Add(NewFrame(), null);
        var (frames, forgotten) = _sent.Take();
        Assert.Equal(3, frames.Length);
        Assert.Equal(StreamNames.Of(s_stream), Assert.Single(forgotten));
        Assert.Empty(_sent.Take().Forgotten);
        await Assert.ThrowsAsync<InvalidOperationException>(() => pending.Completion);
    }

    [Fact]
    public void Bytes_are_bounded_too()
    {
        _sent.Add(NewFrame(900), null);
        _sent.Add(NewFrame(900), null);
        Assert.Single(_sent.Take().Frames);
    }

    [Fact]
    public void A_publish_completes_when_its_frame_is_settled()
    {
        var settled = 0;
        var pending = new PendingPublish(_ => settled++);
        var sent = _sent.Add(NewFrame(), pending);
        pending.Settle(); // the publisher's own hold
        Assert.Equal(0, settled);
        sent.Settle();
        Assert.Equal(1, settled);
    }

    [Fact]
    public async Task A_refusal_reaches_whoever_waits_and_names_the_stream()
    {
        var pending = NewPending();
        _sent.Add(NewFrame(), pending).Refuse("too large");
        Assert.Equal("too large", (await Assert.ThrowsAsync<InvalidOperationException>(() => pending.Completion)).Message);
        Assert.Equal(StreamNames.Of(s_stream), Assert.Single(_refused));
    }

    private static PendingPublish NewPending() => new(_ => { });

    private static Frame NewFrame(int payload = 1) => new(FrameKind.Item, true, s_stream, new byte[payload]);
}
