using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace McCache.Simulation.Tests;

/// <summary>
/// One silo: production's lease, member, cache and view, on virtual time and a simulated network. It stands between them where a mutation takes a rule out: as the caches' channel,
/// as the member's frame handler, as the lease's network, and as the receiver of its states.
/// </summary>
internal sealed partial class SimulatedSilo : SimulatedMember, IReplicaChannel, IFrameHandler
{
    internal const string Cache = "c";
    internal static readonly LeaseTimes Times = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
    private static readonly TimeSpan s_forEver = TimeSpan.FromHours(1);

    private readonly HashSet<SiloAddress> _promisers = [];
    private readonly Dictionary<SiloAddress, TimeSpan> _arrivals = [];
    private readonly Dictionary<SiloAddress, TimeSpan> _lanesFrom = [];
    private IFrameHandler _handler = null!; // the cache, which attaches itself
    private TimeSpan _keptUntil = TimeSpan.MinValue;
    private bool _hasPublished;
    private bool _haveClocksParted;
    private LeaseState? _state;

    internal SimulatedSilo(World world, SiloAddress address)
        : base(world, address)
    {
        Lease = NewLease(this);
        var completing = Lease;
        if (world.Off == Rule.ValidWriter)
        {
            completing = NewLease(new AlwaysLive(address));
            completing.Begin();
        }

        var hasTopics = world.Off != Rule.Earlier; // a lane that begins with its topics has something to keep, which would do in that rule's place
        Member = new SiloMember(
            CacheMember.ProviderName, address, completing, this, new MulticastOptions { MaxLaneFrames = World.MaxLane, MaxLaneBytes = World.MaxLaneBytes, HasTopics = hasTopics }, NullLogger.Instance,
            world.Stream(4, address.Generation));
        var services = new SimulatedServices(Time, this, world.Plan.CacheOptions);
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
        Lease.ClocksParted = () =>
        {
            _haveClocksParted = true;
            Member.OnClocksParted();
            _haveClocksParted = false;
        };
    }

    internal SiloLease Lease { get; }

    internal SiloMember Member { get; }

    /// <summary>The same cache, if it is replicated.</summary>
    internal ReplicatedCache<int, int>? Replica { get; }

    /// <summary>For each key the newest version whose removal it has seen.</summary>
    internal CacheVersion[] SeenRemoved { get; } = new CacheVersion[World.Keys];

    internal bool IsTableCut { get; set; }

    internal bool IsLeaving { get; private set; }

    internal bool IsStarted => _state is { IsStarted: true };

    internal bool IsSelfDead => _state is { IsSelfDead: true };

    private protected override TimeSpan Now => Lease.Clock.Now;

    private protected override bool TellsMoves => Replica is not null;

    private protected override bool JoinsFills => World.Off == Rule.Join;

    private protected override bool KeepsEarlyFills => World.Off == Rule.EarlyFill && !IsStarted;

    public override string ToString() => $"{Address}{(IsStarted ? "" : ", not started")}{(IsLeaving ? ", leaving" : "")}{(IsSelfDead ? ", dead" : "")}";

    /// <summary>The stop stages of MulticastLifecycle, with the membership's own around them.</summary>
    internal async Task LeaveAsync(double seconds)
    {
        IsLeaving = true;
        World.WriteTable(Address, SiloStatus.ShuttingDown);
        if (World.Off == Rule.EarlyGoodbye)
            await Lease.SayGoodbyeAsync(isDrained: true, CancellationToken.None);
        else
            Member.BeginStop();
        await Wait(seconds);
        World.WriteTable(Address, SiloStatus.Stopping);
        if (World.Off is not (Rule.EarlyGoodbye or Rule.ClientGoodbye))
            await Member.ClientsGone;
        using (var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), Time))
        {
            await Member.CloseAsync(timeout.Token);
            await Lease.SayGoodbyeAsync(Member.IsDrained, timeout.Token);
        }

        await Wait(seconds / 4);
        World.WriteTable(Address, SiloStatus.Dead);
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

    void IReplicaChannel.TellClients(StreamId stream) => Member.TellClients(stream);

    Marks IReplicaChannel.ReadMarks()
    {
        var marks = Member.ReadMarks();
        return World.Off == Rule.Watermark ? marks with { Others = marks.Others.ToDictionary(mark => mark.Key, mark => mark.Value == 0 ? 0 : marks.Own) } : marks;
    }

    async ValueTask<byte[]> IReplicaChannel.AskAsync(SiloAddress silo, StreamId stream, byte[] request)
    {
        var answer = await Member.AskAsync(silo, stream, request);
        var asked = SimulatedServices.Get<CacheRequest>().Deserialize(request);
        if (asked is StateRequest)
            World.Tally.Add(Seen.StateMerged, answer.Length > 0 ? 1 : 0);
        return asked is DigestRequest && World.Off == Rule.Digest ? []
            : asked is StateRequest && answer.Length > 0 && World.Off == Rule.Drop ? SimulatedServices.Get<StateAnswer>().SerializeToArray(SimulatedServices.Get<StateAnswer>().Deserialize(answer)! with { Floor = 0 })
            : answer;
    }

    /// <summary>Dictionary verbs of which nobody had to be told.</summary>
    internal long Unheard { get; private set; }

    bool IMulticastChannel.HasAudience
    {
        get
        {
            var isHeard = Member.HasAudience;
            Unheard += isHeard ? 0 : 1;
            return isHeard;
        }
    }

    Frame? IMulticastChannel.Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf)
    {
        _hasPublished = true;
        var frame = Member.Publish(stream, payload, onBehalfOf);
        Note(payload, frame?.Stamp ?? 0);
        return frame;
    }

    Publication IMulticastChannel.PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
    {
        _hasPublished = true;
        var publication = Member.PublishAsync(stream, payload, onBehalfOf, cancellationToken);
        Note(payload, publication.Stamp);
        return publication;
    }

    bool IFrameHandler.IsReplica => _handler.IsReplica;

    byte[] IFrameHandler.Answer(ReadOnlySpan<byte> request) => _handler.Answer(request);

    byte[]? IFrameHandler.Again(ReadOnlySpan<byte> payload) => _handler.Again(payload);

    FrameOutcome IFrameHandler.Apply(in ReceivedFrame received)
    {
        var frame = received;
        if (frame.IsLate)
            World.Tally.Add(Seen.CameLate);
        if (World.Off == Rule.Late)
            frame = new ReceivedFrame { Payload = frame.Payload, Stamp = frame.Stamp, Member = frame.Member, Sender = frame.Sender };
        NoteReached(World.Find(frame.Stamp, frame.Member));
        NoteRemoved(frame.Payload, new CacheVersion(frame.Stamp, frame.Member));
        if (World.Off is not (Rule.Fence or Rule.Join))
        {
            var outcome = _handler.Apply(frame);
            if (World.Off == Rule.Tombstone)
                Local.RaiseFloor(frame.Stamp);
            if (outcome == FrameOutcome.Overruled)
                World.Tally.Add(Seen.Overruled);
            return outcome;
        }

        var isRead = CacheFrame.TryReadHeader(frame.Payload, out var operation, out var body);
        var key = operation == CacheOperation.Remove ? SimulatedServices.Keys.Read(body) : default(int?);
        foreach (var joined in Joined.Keys.Where(joined => key is null || key == joined).ToArray())
            Joined.Remove(joined);
        if (World.Off == Rule.Join)
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
        World.Tally.Add(Seen.GapNoted);
        GapsTold += publisher.Equals(Address) && !_haveClocksParted ? 1 : 0;
        Joined.Clear();
        if (World.Off != Rule.Gap)
            _handler.OnGap(publisher, upTo);
    }

    void IFrameHandler.Serve(long until)
    {
        if (Local is null)
        {
            _handler.Serve(until); // attached before this silo is made
            return;
        }

        NoteUntil(until);
        _handler.Serve(World.Off == Rule.EarlyFill ? Math.Max(until, 1) : until);
    }

    private void Note(ReadOnlySpan<byte> payload, long stamp)
    {
        if (stamp == 0)
            return;
        NoteRemoved(payload, new CacheVersion(stamp, Member.Member));
        if (Writing is not null)
            World.Note(stamp, Member.Member, Writing);
    }

    private void NoteRemoved(ReadOnlySpan<byte> payload, CacheVersion version)
    {
        if (Replica is null || !CacheFrame.TryReadHeader(payload, out var operation, out var body))
            return;
        for (var key = 0; key < World.Keys; key++)
        {
            if (operation == CacheOperation.Clear || (operation == CacheOperation.Remove && SimulatedServices.Keys.Read(body) == key))
                SeenRemoved[key] = version > SeenRemoved[key] ? version : SeenRemoved[key];
        }
    }

    private protected override void OnHit(string how, int key, int value)
    {
        base.OnHit(how, key, value);
        World.Tally.Add(_state is { Live.Count: > 0 } ? Seen.HitByPromise : Seen.HitByTable);
        if (IsTableCut)
            World.Tally.Add(Seen.HitWithoutTable);
        if (World.Alive.Any(silo => silo.PausedUntil > World.Queue.Now))
            World.Tally.Add(Seen.HitWhileOneIsHung);
    }

    // Between the lease and the member. ---------------------------------------------------------------------------------------------------

    private void OnChanged(LeaseState state)
    {
        var now = Lease.Clock.Now;
        if (state.IsSelfDead && !IsSelfDead)
            World.OnSelfDead(this);
        var before = _state;
        _state = state;
        switch (World.Off)
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
