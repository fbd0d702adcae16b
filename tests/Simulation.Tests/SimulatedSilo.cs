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
internal sealed partial class SimulatedSilo : IMulticastChannel, IFrameHandler
{
    internal const string Cache = "c";
    internal static readonly LeaseTimes Times = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
    private static readonly TimeSpan s_forEver = TimeSpan.FromHours(1);

    private readonly World _world;
    private readonly SiloTime _time;
    private readonly IFrameHandler _handler;
    private readonly HashSet<SiloAddress> _promisers = [];
    private readonly Dictionary<SiloAddress, TimeSpan> _arrivals = [];
    private readonly Dictionary<SiloAddress, TimeSpan> _lanesFrom = [];
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

        Member = new MulticastMember(
            CacheMember.ProviderName, address, completing, this, new MulticastOptions { MaxLaneFrames = World.MaxLane, MaxLaneBytes = World.MaxLaneBytes }, NullLogger.Instance);
        var services = new SimulatedServices(_time, this, new CacheOptions { MaxEntries = 12, TimeToLive = TimeSpan.FromSeconds(40) });
        var caches = new CacheMember(services, [new CacheRegistration<int, int>(Cache, null)], Options.Create(new McCacheOptions()));
        var member = caches.Get<int, int>(Cache);
        (_handler, Local, View) = (member, member.Local, new CacheView<int, int>(Cache, caches));
        Lease.Changed = OnChanged;
        Lease.ClocksParted = Member.OnClocksParted;
    }

    internal SiloAddress Address { get; }

    internal Random Random { get; }

    internal SiloLease Lease { get; }

    internal MulticastMember Member { get; }

    internal LocalCache<int, int> Local { get; }

    internal IMcCache<int, int> View { get; }

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

    void IMulticastChannel.Attach(StreamId stream, IFrameHandler handler) => Member.Attach(stream, this);

    void IMulticastChannel.Publish(StreamId stream, ReadOnlySpan<byte> payload)
    {
        Note(payload);
        Member.Publish(stream, payload);
    }

    ValueTask IMulticastChannel.PublishAsync(StreamId stream, ReadOnlySpan<byte> payload, CancellationToken cancellationToken)
    {
        Note(payload);
        return Member.PublishAsync(stream, payload, cancellationToken);
    }

    bool IFrameHandler.Apply(ReadOnlySpan<byte> payload)
    {
        NoteReached(_world.Find(payload));
        if (_world.Off is not (Rule.Fence or Rule.Join))
            return _handler.Apply(payload);
        var isRead = CacheFrame.TryReadHeader(payload, out var operation, out _, out var body);
        var key = operation == CacheOperation.Remove ? SimulatedServices.Keys.Read(body) : default(int?);
        foreach (var joined in _joined.Keys.Where(joined => key is null || key == joined).ToArray())
            _joined.Remove(joined);
        if (_world.Off == Rule.Join)
            return _handler.Apply(payload);
        for (var evicted = 0; evicted < World.Keys; evicted++)
        {
            if (key is null || key == evicted)
                Local.Evict(evicted);
        }

        return isRead;
    }

    void IFrameHandler.OnGap()
    {
        _world.Tally.Add(Seen.GapNoted);
        _joined.Clear();
        if (_world.Off != Rule.Gap)
            _handler.OnGap();
    }

    void IFrameHandler.Serve(long until)
    {
        if (_handler is null)
            return; // attached before this silo is made
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
