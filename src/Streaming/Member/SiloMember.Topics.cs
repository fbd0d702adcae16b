using System.Collections.Frozen;

namespace McCache.Streaming;

/// <content>
/// Topic interest: a silo gets nothing of streams to which nobody there listens. It tells the others to what it listens when it has started, when a client of it listens to more, and, with the next state of its lease, each lane that has
/// lost that; it never takes back what it has said. Until it has told them, and after any loss, they send it everything.
/// </content>
internal sealed partial class SiloMember
{
    private readonly Lock _telling = new();
    private readonly Dictionary<byte[], Peer[]> _routes = new(StreamNames.Comparer); // under the publishing lock, as are the two below
    private (byte[] Name, Peer[] Lanes) _lastRoute = ([], []);
    private bool _isSelective; // some silo has told this one its topics
    private FrozenSet<byte[]>? _topics; // as told last, null for all
    private Task _told = Task.CompletedTask;
    private FrozenSet<byte[]> _heard = []; // of those, what others are known to have been told

    /// <summary>Completes when every other silo that may complete anything sends what is published on these streams. A silo that hangs is waited for until it is dead.</summary>
    internal async ValueTask HearAsync(IReadOnlyCollection<byte[]> streams)
    {
        if (Volatile.Read(ref _heard) is var heard && streams.All(heard.Contains))
            return;
        Task told;
        FrozenSet<byte[]> topics;
        lock (_telling)
        {
            if (_topics?.IsSupersetOf(streams) == false)
            {
                var more = _topics.Concat(streams).ToFrozenSet(StreamNames.Comparer);
                _topics = Topics.Fit(more) ? more : null;
                _told = SendAsync(NewTopicsFrame(isAwaited: true), isLocal: false, null, CancellationToken.None).AsTask();
            }

            (topics, told) = (_topics ?? [], _told); // where there are none, others send everything, once they know; or will be told of these, too
        }

        await told;
        lock (_telling)
            Volatile.Write(ref _heard, _heard.Concat(topics).ToFrozenSet(StreamNames.Comparer));
    }

    /// <summary>Called once, when the member has started: what listens here does so from now on.</summary>
    private void TellTopics()
    {
        lock (_telling)
        {
            var topics = Streams.All.Select(stream => stream.Key).ToFrozenSet(StreamNames.Comparer);
            if (!Topics.Fit(topics))
                return;
            Volatile.Write(ref _heard, topics);
            _topics = topics;
            Send(NewTopicsFrame(), null, isLocal: false);
        }
    }

    private Frame NewTopicsFrame(bool isAwaited = false) => new(FrameKind.Topics, isAwaited, Topics.FrameName, _topics is { } topics ? Topics.Write(topics) : [0]);

    /// <summary>A lane that is new, or has lost what was on it. Called under the publishing lock, when nothing is being published.</summary>
    private void TellTopics(Peer peer)
    {
        peer.OnTopicsTold();
        if (_topics is null)
            return;
        var frame = NewTopicsFrame();
        frame.SetNumber(++_number, Stamps.Next());
        peer.Enqueue(frame, null);
        Volatile.Write(ref _queued, _number);
    }

    private protected override void OnTopics(LaneReceiver from, ReadOnlySpan<byte> names) => SetTopics(from.Incarnation.Silo, Topics.Read(names));

    /// <summary>A loss: what it has told may be lost, too.</summary>
    private protected override void OnLost(LaneReceiver from) => SetTopics(from.Incarnation.Silo, null);

    private void SetTopics(SiloAddress silo, FrozenSet<byte[]>? topics)
    {
        lock (_publishing)
        {
            if (!_peers.TryGetValue(silo, out var peer))
                return;
            peer.Topics = topics;
            ForgetRoutes();
        }
    }

    private void ForgetRoutes()
    {
        _routes.Clear();
        _lastRoute = ([], []);
        _isSelective = Array.Exists(_lanes, peer => peer.Topics is not null);
    }

    /// <summary>The lanes of those who listen to a stream. Called under the publishing lock.</summary>
    private Peer[] LanesOf(ReadOnlySpan<byte> name)
    {
        if (!_isSelective || name.SequenceEqual(Topics.FrameName))
            return _lanes;
        if (name.SequenceEqual(_lastRoute.Name))
            return _lastRoute.Lanes;
        return FindRoute(name);
    }

    private Peer[] FindRoute(ReadOnlySpan<byte> name)
    {
        if (!_routes.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var stream, out var lanes))
        {
            stream = name.ToArray();
            lanes = SelectLanes(stream);
            if (_routes.Count == Topics.MaxCount)
                _routes.Clear();
            _routes[stream] = lanes;
        }

        _lastRoute = (stream, lanes);
        return lanes;
    }

    private Peer[] SelectLanes(byte[] stream) => Array.FindAll(_lanes, peer => peer.Topics?.Contains(stream) != false);
}
