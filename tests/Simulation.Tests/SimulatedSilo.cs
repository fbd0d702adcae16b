using McCache.Client;
using McCache.Core;
using McCache.Streaming;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace McCache.Simulation.Tests;

/// <summary>
/// One silo: production's lease, member, cache and view, on virtual time and a simulated network. It stands between them where a mutation takes a rule out: as the caches' channel,
/// as the member's frame handler, as the lease's network, and as the receiver of its states.
/// </summary>
internal sealed partial class SimulatedSilo : IReplicaChannel, IFrameHandler
{
    internal const string Cache = "c";
    internal static readonly LeaseTimes Times = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
    private static readonly TimeSpan s_forEver = TimeSpan.FromHours(1);

    private readonly World _world;
    private readonly SiloTime _time;
    private readonly HashSet<SiloAddress> _promisers = [];
    private readonly Dictionary<SiloAddress, TimeSpan> _arrivals = [];
    private readonly Dictionary<SiloAddress, TimeSpan> _lanesFrom = [];
    private IFrameHandler _handler = null!; // the cache, which attaches itself
    private TimeSpan _keptUntil = TimeSpan.MinValue;
    private LeaseState? _state;
    private long _until;

    internal SimulatedSilo(World world, SiloAddress address)
    {
        (_world, Address, Random) = (world, address, world.Stream(1, address.Generation));
        var rate = 1 + (world.Between(Random, -1, 1) * (world.HasDrift ? 0.01 : 0));
        _time = new SiloTime(world.Queue, rate, TimeSpan.FromSeconds(world.Between(Random, 10, 2_000)), TimeSpan.FromSeconds(world.Between(Random, -1, 1)), Run);
        Lease = NewLease(this);
        var completing = Lease;
        if (world.Off == Rule.ValidWriter)
        {
            completing = NewLease(new AlwaysLive(address));
            completing.Begin();
        }

        Member = new SiloMember(
            CacheMember.ProviderName, address, completing, this, new MulticastOptions { MaxLaneFrames = World.MaxLane, MaxLaneBytes = World.MaxLaneBytes }, NullLogger.Instance,
            world.Stream(4, address.Generation));
        var services = new SimulatedServices(_time, this, world.Plan.IsReplicated
            ? new CacheOptions { Coherence = Coherence.Replicate }
            : new CacheOptions { MaxEntries = 12, TimeToLive = TimeSpan.FromSeconds(40) });
        var caches = new CacheMember(services, [new CacheRegistration<int, int>(Cache, null)], Options.Create(new McCacheOptions
        {
            MaxClockSkew = TimeSpan.FromSeconds(3),
            MaxInlineValueBytes = world.Plan.HasLargeValues ? 1 : 1024,
        }));
        var member = caches.Get<int, int>(Cache);
        (Local, View) = (member.Local, new CacheView<int, int>(Cache, caches));
        Replica = member as ReplicatedCache<int, int>;
        Replica?.ChunkBytes = 1;
        Lease.Changed = OnChanged;
        Lease.ClocksParted = Member.OnClocksParted;
    }

    internal SiloAddress Address { get; }

    internal Random Random { get; }

    internal SiloLease Lease { get; }

    internal SiloMember Member { get; }

    internal LocalCache<int, int> Local { get; }

    internal IMcCache<int, int> View { get; }

    /// <summary>The same cache, if it is replicated.</summary>
    internal ReplicatedCache<int, int>? Replica { get; }

    /// <summary>For each key the newest version whose removal it has seen.</summary>
    internal CacheVersion[] SeenRemoved { get; } = new CacheVersion[World.Keys];

    internal bool IsCrashed { get; private set; }

    internal bool IsTableCut { get; set; }

    internal bool IsLeaving { get; private set; }

    internal bool IsStarted => _state is { IsStarted: true };

    internal bool IsSelfDead => _state is { IsSelfDead: true };

    internal TimeSpan PausedUntil { get; set; }

    /// <summary>When it last asked anything that was answered, by its own clock: what it does may rest on nothing else.</summary>
    internal TimeSpan LastHeard { get; private set; } = TimeSpan.MinValue;

    internal bool IsServing => Local.Now < _until;

    /// <summary>How often its entitlement to serve has run out after its start.</summary>
    internal int Lapses { get; private set; }

    /// <summary>For each key the newest write that it has heard of, its own included.</summary>
    internal int[] Reached { get; } = new int[World.Keys];

    /// <summary>Runs an event of the silo, or, when it is paused, does so later.</summary>
    internal void Run(Action action)
    {
        if (IsCrashed)
            return;
        if (PausedUntil > _world.Queue.Now)
            _world.Queue.After(PausedUntil - _world.Queue.Now + TimeSpan.FromTicks(Random.Next(1_000)), () => Run(action));
        else
            action();
    }

    internal void After(double seconds, Action action) => _world.Queue.After(TimeSpan.FromSeconds(seconds), () => Run(action));

    internal Task Wait(double seconds)
    {
        var waiting = new TaskCompletionSource();
        After(seconds, waiting.SetResult);
        return waiting.Task;
    }

    public override string ToString() => $"{Address}{(IsStarted ? "" : ", not started")}{(IsLeaving ? ", leaving" : "")}{(IsSelfDead ? ", dead" : "")}";

    internal void Crash() => IsCrashed = true;

    internal void SetWallClock(double seconds) => _time.Skew += TimeSpan.FromSeconds(seconds);

    /// <summary>The stop stages of MulticastLifecycle, with the membership's own around them.</summary>
    internal async Task LeaveAsync(double seconds)
    {
        IsLeaving = true;
        _world.WriteTable(Address, SiloStatus.ShuttingDown);
        if (_world.Off == Rule.EarlyGoodbye)
            await Lease.SayGoodbyeAsync(isDrained: true, CancellationToken.None);
        else
            Member.BeginStop();
        await Wait(seconds);
        _world.WriteTable(Address, SiloStatus.Stopping);
        using (var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time))
        {
            await Member.CloseAsync(timeout.Token);
            await Lease.SayGoodbyeAsync(Member.IsDrained, timeout.Token);
        }

        await Wait(seconds / 4);
        _world.WriteTable(Address, SiloStatus.Dead);
        Crash();
    }

    // Between the cache and the member. ---------------------------------------------------------------------------------------------------

    void IMulticastChannel.Attach(StreamId stream, IFrameHandler handler)
    {
        _handler = handler;
        Member.Attach(stream, this);
    }

    HybridClock IMulticastChannel.Stamps => Member.Stamps;

    SiloAddress IReplicaChannel.Silo => Address;

    ulong IReplicaChannel.Member => Member.Member;

    Random IReplicaChannel.Random => Random;

    TimeSpan IReplicaChannel.Renewal => Times.Renewal;

    Marks IReplicaChannel.ReadMarks()
    {
        var marks = Member.ReadMarks();
        return _world.Off == Rule.Watermark ? marks with { Others = marks.Others.ToDictionary(mark => mark.Key, mark => mark.Value == 0 ? 0 : marks.Own) } : marks;
    }

    async ValueTask<byte[]> IReplicaChannel.AskAsync(SiloAddress silo, StreamId stream, byte[] request)
    {
        var answer = await Member.AskAsync(silo, stream, request);
        var asked = SimulatedServices.Get<CacheRequest>().Deserialize(request);
        if (asked is StateRequest)
            _world.Tally.Add(Seen.StateMerged, answer.Length > 0 ? 1 : 0);
        return asked is DigestRequest && _world.Off == Rule.Digest ? []
            : asked is StateRequest && answer.Length > 0 && _world.Off == Rule.Drop ? SimulatedServices.Get<StateAnswer>().SerializeToArray(SimulatedServices.Get<StateAnswer>().Deserialize(answer)! with { Floor = 0 })
            : answer;
    }

    long IMulticastChannel.Publish(StreamId stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf)
    {
        var stamp = Member.Publish(stream, payload, onBehalfOf);
        Note(payload, stamp);
        return stamp;
    }

    Publication IMulticastChannel.PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
    {
        var publication = Member.PublishAsync(stream, payload, onBehalfOf, cancellationToken);
        Note(payload, publication.Stamp);
        return publication;
    }

    bool IFrameHandler.IsReplica => _handler.IsReplica;

    byte[] IFrameHandler.Answer(ReadOnlySpan<byte> request) => _handler.Answer(request);

    ValueTask IFrameHandler.MakeAsync(ReadOnlySpan<byte> payload, bool isCoherent, AttachedClient client) => _handler.MakeAsync(payload, isCoherent, client);

    byte[]? IFrameHandler.Again(ReadOnlySpan<byte> payload) => _handler.Again(payload);

    FrameOutcome IFrameHandler.Apply(in ReceivedFrame received)
    {
        var frame = received;
        if (frame.IsLate)
            _world.Tally.Add(Seen.CameLate);
        if (_world.Off == Rule.Late)
            frame = new ReceivedFrame { Payload = frame.Payload, Stamp = frame.Stamp, Member = frame.Member, Sender = frame.Sender };
        NoteReached(_world.Find(frame.Stamp, frame.Member));
        NoteRemoved(frame.Payload, new CacheVersion(frame.Stamp, frame.Member));
        if (_world.Off is not (Rule.Fence or Rule.Join))
        {
            var outcome = _handler.Apply(frame);
            if (_world.Off == Rule.Tombstone)
                Local.RaiseFloor(frame.Stamp);
            if (outcome == FrameOutcome.Overruled)
                _world.Tally.Add(Seen.Overruled);
            return outcome;
        }

        var isRead = CacheFrame.TryReadHeader(frame.Payload, out var operation, out var body);
        var key = operation == CacheOperation.Remove ? SimulatedServices.Keys.Read(body) : default(int?);
        foreach (var joined in _joined.Keys.Where(joined => key is null || key == joined).ToArray())
            _joined.Remove(joined);
        if (_world.Off == Rule.Join)
            return _handler.Apply(frame);
        for (var evicted = 0; evicted < World.Keys; evicted++)
        {
            if (key is null || key == evicted)
                Local.Evict(evicted);
        }

        return isRead ? FrameOutcome.Applied : FrameOutcome.Refused;
    }

    void IFrameHandler.OnGap(SiloAddress publisher, long upTo)
    {
        _world.Tally.Add(Seen.GapNoted);
        _joined.Clear();
        if (_world.Off != Rule.Gap)
            _handler.OnGap(publisher, upTo);
    }

    void IFrameHandler.Serve(long until)
    {
        if (Local is null)
        {
            _handler.Serve(until); // attached before this silo is made
            return;
        }

        if (_until > 1 && Local.Now >= _until && until > _until)
        {
            Lapses++;
            _world.Tally.Add(Seen.Lapsed);
        }

        _until = until;
        _handler.Serve(_world.Off == Rule.EarlyFill ? Math.Max(until, 1) : until);
    }

    // Between the lease and the member. ---------------------------------------------------------------------------------------------------

    private void OnChanged(LeaseState state)
    {
        var now = Lease.Clock.Now;
        if (state.IsSelfDead && !IsSelfDead)
            _world.OnSelfDead(this);
        var before = _state;
        _state = state;
        switch (_world.Off)
        {
            case Rule.DeadWait:
                state = state with { DeadSince = state.DeadSince.ToDictionary(silo => silo.Key, silo => silo.Value - Times.Wait) };
                break;
            case Rule.ValidReader when state.IsStarted:
                state = state with { ServeUntil = now + s_forEver, IsSelfDead = false };
                break;
            case Rule.StartWait when !state.IsStarted && _hasRead && _promisers.IsSupersetOf(state.Live):
                state = state with { IsStarted = true, ServeUntil = now + TimeSpan.FromSeconds(2) };
                break;
            case Rule.AskTime when state.IsStarted && state.Live.Count > 0 && state.Live.All(_arrivals.ContainsKey):
                var until = state.Live.Min(silo => _arrivals[silo]) + Times.Duration;
                state = state with { ServeUntil = until > state.ServeUntil ? until : state.ServeUntil };
                break;
            case Rule.LaneFirst:
                foreach (var silo in state.Live)
                    _lanesFrom.TryAdd(silo, IsStarted ? now + TimeSpan.FromSeconds(15) : now);
                state = state with { Live = state.Live.Where(silo => _lanesFrom[silo] <= now).ToHashSet() };
                break;
            case Rule.KeptValidity when state.IsStarted:
                if (before is { IsStarted: true } && before.ServeUntil > now && !before.Live.SetEquals(state.Live))
                    _keptUntil = now + s_forEver;
                state = state with { ServeUntil = _keptUntil > state.ServeUntil ? _keptUntil : state.ServeUntil };
                break;
        }

        Member.OnLease(state);
    }
}
