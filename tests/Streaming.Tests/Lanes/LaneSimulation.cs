using System.Globalization;
using System.Text;

namespace McCache.Streaming.Tests;

/// <summary>
/// One publisher and one receiver over a network that loses, delays, duplicates and reorders, in virtual time from a seed. Subscribers handle awaited frames late; the
/// receiver may forget everything. Checks at every step what a lane promises.
/// </summary>
internal sealed class LaneSimulation
{
    private const int Streams = 6;
    private const int MaxFrames = 40;
    private const int MaxBytes = 4_000;
    private const int MaxBatchBytes = 400;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(3);

    private readonly Random _random;
    private readonly PriorityQueue<Action, (TimeSpan, int)> _events = new();
    private readonly OutboundLane _lane;
    private readonly StreamId[] _streams = [.. Enumerable.Range(0, Streams).Select(i => StreamId.Create("s", i))];
    private readonly List<(int Stream, Awaited? Awaited, long Number)> _published = [];
    private readonly List<(int Stream, long Number)> _received = []; // number 0 stands for a gap
    private readonly HashSet<long> _handled = [];
    private readonly List<(InboundLane Lane, Delivery Delivery, long Number)> _handling = [];
    private readonly bool _isLossy;
    private InboundLane _receiver = new(1);
    private TimeSpan _now;
    private int _order;
    private int _inFlight;
    private int _forgotten;

    private LaneSimulation(uint seed)
    {
        _random = new Random((int)seed);
        _isLossy = _random.Next(4) > 0;
        _lane = new OutboundLane(new LaneLimits(MaxFrames, MaxBytes, MaxBatchBytes), _random);
    }

    internal static void Run(uint seed)
    {
        var simulation = new LaneSimulation(seed);
        simulation.At(TimeSpan.Zero, simulation.Load);
        simulation.RunUntil(TimeSpan.FromSeconds(20));
        simulation.RunUntil(TimeSpan.FromSeconds(120)); // no more load, and the network is well: everything must come to rest
        simulation.CheckEnd();
    }

    private void RunUntil(TimeSpan end)
    {
        while (_events.TryPeek(out _, out var due) && due.Item1 <= end)
        {
            var action = _events.Dequeue();
            _now = due.Item1;
            action();
            Pump();
            Assert.InRange(_lane.Frames, 0, MaxFrames);
            Assert.InRange(_lane.Bytes, 0, MaxBytes);
            Assert.InRange(_inFlight, 0, 1);
        }

        _now = end;
    }

    private bool IsCalm => _now > TimeSpan.FromSeconds(20);

    private void At(TimeSpan delay, Action action) => _events.Enqueue(action, (_now + delay, _order++));

    private TimeSpan Delay(double seconds) => TimeSpan.FromSeconds(seconds * _random.NextDouble());

    private void Load()
    {
        for (var burst = _random.Next(30) == 0 ? 60 : _random.Next(4); burst > 0; burst--)
            Publish();
        if (_random.Next(400) == 0)
            (_receiver, _forgotten) = (new InboundLane((ulong)_random.NextInt64()), _forgotten + 1);
        HandleSome();
        if (_now < TimeSpan.FromSeconds(15))
            At(Delay(0.1), Load);
        else
            At(TimeSpan.FromSeconds(0.2), Handle);
    }

    private void Handle()
    {
        HandleSome();
        if (_handling.Count > 0 || _now < TimeSpan.FromSeconds(30))
            At(TimeSpan.FromSeconds(0.2), Handle);
    }

    private void Publish()
    {
        var (stream, number) = (_random.Next(Streams), _published.Count + 1L);
        var awaited = _random.Next(3) == 0 ? new Awaited(this, stream, number) : null;
        var frame = new Frame(FrameKind.Item, awaited is not null, _streams[stream], new byte[_random.Next(120)]);
        frame.SetNumber(number, number * 10);
        _published.Add((stream, awaited, number));
        _lane.Enqueue(frame, awaited);
    }

    private void Pump()
    {
        while (_lane.TryTake(_now, (_published.Count * 10) + 9, out var batch))
        {
            _inFlight++;
            var fails = _isLossy && !IsCalm && _random.Next(5) == 0;
            if (fails)
                At(s_timeout, () => Answer(batch, null));
            if (!fails || _random.Next(2) == 0)
                At(Delay(_random.Next(6) == 0 ? 1 : 0.02), () => Deliver(batch, !fails));
        }

        if (_lane.NextDue(_now) is { } due)
            At(due > _now ? due - _now : TimeSpan.FromMilliseconds(1), static () => { });
    }

    private void Deliver(OutgoingBatch outgoing, bool answers)
    {
        var bytes = FrameWriter.Pack(outgoing.Frames, outgoing.MaxLength);
        Assert.True(outgoing.Frames.Length <= 1 || outgoing.MaxLength <= MaxBatchBytes);
        var batch = new Batch("p", default, outgoing.First, outgoing.Frames.Length, outgoing.Gap, bytes);
        var admission = _receiver.Admit(batch);
        if (admission.IsAccepted)
        {
            if (admission.Lost is { } gap)
                Lose(gap);
            Apply(batch, admission.Skip);
            _receiver.Commit(batch);
        }

        var acknowledgement = _receiver.Acknowledge(0);
        if (answers)
            At(Delay(0.05), () => Answer(outgoing, acknowledgement));
        if (_isLossy && !IsCalm && _random.Next(10) == 0)
            At(Delay(2), () => Deliver(outgoing, answers: false));
    }

    private void Apply(Batch batch, int skip)
    {
        var reader = new FrameReader(batch.Frames);
        for (var i = 0; i < batch.Count; i++)
        {
            Assert.True(reader.TryRead(out var frame));
            if (i < skip)
                continue;
            var stream = int.Parse(StreamNames.ToStreamId(frame.Name).GetKeyAsString(), CultureInfo.InvariantCulture);
            _received.Add((stream, frame.Number));
            if (frame.IsAwaited && _random.Next(2) == 0)
                _handling.Add((_receiver, _receiver.Track(frame.Name.ToArray(), batch.First + i), frame.Number));
            else
                _handled.Add(frame.Number);
        }

        Assert.True(reader.IsAtEnd);
    }

    private void Lose(Gap gap)
    {
        for (var stream = 0; stream < Streams; stream++)
        {
            if (gap.Streams is null || gap.Streams.Contains(StreamNames.Of(_streams[stream]), StreamNames.Comparer))
                _received.Add((stream, 0));
        }
    }

    private void Answer(OutgoingBatch batch, Acknowledgement? acknowledgement)
    {
        _inFlight--;
        if (acknowledgement is null)
            _lane.OnFailed(_now);
        else
            _lane.OnAcknowledged(batch, acknowledgement, _now);
    }

    private void HandleSome()
    {
        for (var i = _handling.Count - 1; i >= 0; i--)
        {
            if (_random.Next(10) != 0)
                continue;
            var (lane, delivery, number) = _handling[i];
            _handling.RemoveAt(i);
            _handled.Add(number);
            if (lane.Settle(delivery) && lane == _receiver && _random.Next(2) == 0) // one that is lost, a probe repairs
            {
                var acknowledgement = lane.Acknowledge(0);
                At(Delay(0.5), () => _lane.OnSettled(acknowledgement));
            }
        }
    }

    private bool IsLost(int stream, long number)
    {
        var last = _received.FindLastIndex(item => item == (stream, 0));
        return last >= 0 && !_received.Contains((stream, number));
    }

    private void CheckSettled(int stream, long number)
        => Assert.True(_handled.Contains(number) || IsLost(stream, number) || _forgotten > 0, $"{number} was settled, but neither handled nor lost");

    private void CheckEnd()
    {
        Assert.True(_lane.IsEmpty, "something is left on the lane");
        Assert.Equal(0, _lane.Awaited);
        Assert.All(_published.Where(item => item.Awaited is not null), item => Assert.Equal(1, item.Awaited!.Settled));
        Assert.Null(_receiver.Acknowledge(0).Lagging);
        for (var stream = 0; stream < Streams; stream++)
            CheckOrder(stream);
    }

    /// <summary>In order, each at most once, and where something is missing there was a gap. A receiver that has forgotten may get an item twice, behind a gap.</summary>
    private void CheckOrder(int stream)
    {
        Queue<long> expected = new(_published.Where(item => item.Stream == stream).Select(item => item.Number));
        var (gap, last) = (false, 0L);
        foreach (var (_, number) in _received.Where(item => item.Stream == stream))
        {
            if (number == 0)
            {
                gap = true;
                continue;
            }

            Assert.True(number > last || _forgotten > 0, $"{number} after {last}");
            while (expected.TryPeek(out var next) && next < number)
            {
                Assert.True(gap, $"{next} is missing without a gap; {Describe(stream)}");
                expected.Dequeue();
            }

            if (expected.TryPeek(out var same) && same == number)
                expected.Dequeue();
            (gap, last) = (false, number);
        }

        Assert.True(expected.Count == 0 || gap, $"the end is missing without a gap; {Describe(stream)}");
    }

    private string Describe(int stream)
        => _received.Where(item => item.Stream == stream).Aggregate(new StringBuilder(), (text, item) => text.Append(CultureInfo.InvariantCulture, $" {item.Number}")).ToString();

    private sealed class Awaited(LaneSimulation simulation, int stream, long number) : IAwaited
    {
        internal int Settled { get; private set; }

        public bool IsAbandoned => false;

        public void Hold()
        {
        }

        public void Refuse(string reason)
        {
        }

        public void Overrule(Settlement by)
        {
        }

        public void Settle()
        {
            Settled++;
            simulation.CheckSettled(stream, number);
        }
    }
}
