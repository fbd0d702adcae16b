using McCache.Core;
using McCache.Streaming;
using Microsoft.Extensions.Logging.Abstractions;

namespace McCache.Simulation.Tests;

/// <summary>One silo: production's lease, member and cache, on virtual time and a simulated network.</summary>
internal sealed class SimulatedSilo : IFrameHandler, ILeaseNetwork, IMulticastTransport
{
    private const byte Clear = 255;
    private const byte Tag = 200;
    internal static readonly StreamId Stream = StreamId.Create("cache", "c");
    internal static readonly LeaseTimes Times = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
    private readonly World _world;
    private readonly SiloTime _time;
    private readonly HashSet<SiloAddress> _promisers = [];
    private readonly Dictionary<int, TaskCompletionSource<int>> _joined = [];
    private bool _hasRead;

    internal SimulatedSilo(World world, SiloAddress address)
    {
        (_world, Address) = (world, address);
        _time = new SiloTime(
            world.Queue, 1 + (world.Between(-1, 1) * 0.005), TimeSpan.FromSeconds(world.Between(10, 2_000)), TimeSpan.FromSeconds(world.Between(-1, 1)), Run);
        Lease = NewLease(this);
        var completing = Lease;
        if (world.Off == Rule.ValidWriter)
        {
            completing = NewLease(new AlwaysLive(address));
            completing.Begin();
        }

        Local = new LocalCache<int, int>("c", new CacheOptions { MaxEntries = 12, TimeToLive = TimeSpan.FromSeconds(40) }, _time);
        Member = new MulticastMember("McCache", address, completing, this, new MulticastOptions { MaxLaneFrames = World.MaxLane }, NullLogger.Instance);
        Member.Attach(Stream, this);
        Lease.Changed = OnChanged;
        Lease.ClocksParted = Member.OnClocksParted;
    }

    internal SiloAddress Address { get; }

    internal SiloLease Lease { get; }

    internal MulticastMember Member { get; }

    internal LocalCache<int, int> Local { get; }

    internal bool IsCrashed { get; set; }

    internal bool IsTableCut { get; set; }

    internal bool IsLeaving { get; private set; }

    internal TimeSpan PausedUntil { get; set; }

    /// <summary>When the last answer to anything it had asked for came, by its own clock: what it does may rest on nothing else.</summary>
    internal TimeSpan LastHeard { get; private set; }

    internal bool IsSelfDead { get; private set; }

    internal int Pending { get; private set; }

    internal bool IsServing => Local.Now < _until;

    private long _until;

    /// <summary>Runs an event of the silo, or, when it is paused, does so later.</summary>
    internal void Run(Action action)
    {
        if (IsCrashed)
            return;
        if (PausedUntil > _world.Queue.Now)
            _world.Queue.After(PausedUntil - _world.Queue.Now + TimeSpan.FromTicks(_world.Random.Next(1_000)), () => Run(action));
        else
            action();
    }

    internal void After(double seconds, Action action) => _world.Queue.After(TimeSpan.FromSeconds(seconds), () => Run(action));

    internal async Task LeaveAsync()
    {
        IsLeaving = true;
        _world.WriteTable(Address, SiloStatus.ShuttingDown);
        Member.BeginStop();
        await _world.Wait(this, _world.Between(0, 4));
        _world.WriteTable(Address, SiloStatus.Stopping);
        await Member.CloseAsync(new CancellationToken(true));
        await Lease.SayGoodbyeAsync(Member.IsDrained, CancellationToken.None);
        await _world.Wait(this, _world.Between(0, 2));
        _world.WriteTable(Address, SiloStatus.Dead);
        IsCrashed = true;
    }

    // Load ------------------------------------------------------------------------------------------------------------------------------

    internal async Task WriteAsync(int key)
    {
        var written = _world.Commit(key);
        await _world.Wait(this, _world.Between(0, 0.2));
        Change((byte)key);
        Pending++;
        try
        {
            await Member.PublishAsync(Stream, [(byte)key], CancellationToken.None);
            _world.Complete(written);
        }
        catch (InvalidOperationException)
        {
            _world.Failed++; // stopped, dead, or too much before the start: it has not completed
        }
        finally
        {
            Pending--;
        }
    }

    internal async Task ReadAsync(int key)
    {
        var (floor, began) = (_world.Completed[key], _world.Queue.Now);
        if (Local.TryGet(key, out var value))
        {
            OnHit();
            _world.CheckRead(this, "hit", key, value, floor, began);
            return;
        }

        _world.Misses++;
        if (_world.Off == Rule.Join && _joined.TryGetValue(key, out var joined))
        {
            _world.CheckRead(this, "joined", key, await joined.Task, floor, began);
            return;
        }

        var mine = new TaskCompletionSource<int>();
        if (_world.Off == Rule.Join)
            _joined[key] = mine;
        value = await Local.GetOrAddAsync(key, this, static (key, silo, _) => silo.FillAsync(key), new CacheEntryOptions { Tags = [TagOf(key)] });
        if (_world.Off == Rule.EarlyFill)
            Local.Set(key, value);
        mine.SetResult(value);
        if (_joined.GetValueOrDefault(key) == mine)
            _joined.Remove(key);
        _world.CheckRead(this, "fill", key, value, floor, began);
    }

    internal void Enumerate()
    {
        foreach (var (key, value) in Local.Enumerate())
        {
            OnHit();
            _world.CheckRead(this, "enumerated", key, value, _world.Completed[key], _world.Queue.Now);
        }
    }

    private async ValueTask<int> FillAsync(int key)
    {
        var value = _world.Database[key];
        await _world.Wait(this, _world.Between(0, _world.Random.Next(2) == 0 ? 1 : 5));
        return value;
    }

    private void OnHit()
    {
        _world.Hits++;
        if (Lease.Clock.Now - LastHeard > Times.Duration + TimeSpan.FromMilliseconds(5))
            _world.Violate($"P7: {Address} serves, and has heard of nobody for {Lease.Clock.Now - LastHeard}");
    }

    private static string TagOf(int key) => key % 2 == 0 ? "even" : "odd";

    // The handler -----------------------------------------------------------------------------------------------------------------------

    bool IFrameHandler.Apply(ReadOnlySpan<byte> payload)
    {
        Change(payload[0]);
        return true;
    }

    void IFrameHandler.OnGap() => Change(Clear);

    void IFrameHandler.Serve(long until)
    {
        _until = _world.Off == Rule.EarlyFill ? Math.Max(until, 1) : until;
        Local.Serve(_until);
    }

    private void Change(byte what)
    {
        var changed = Enumerable.Range(0, World.Keys).Where(key => World.IsChanged(what, key));
        foreach (var key in changed)
            _joined.Remove(key);
        if (_world.Off == Rule.Fence)
        {
            foreach (var key in changed)
                Local.Evict(key);
        }
        else if (what == Clear)
        {
            Local.Drop();
        }
        else if (what >= Tag)
        {
            Local.RemoveByTag(TagOf(what), CacheChangeKind.Invalidated);
        }
        else
        {
            Local.Invalidate(what);
        }
    }

    private void OnChanged(LeaseState state)
    {
        IsSelfDead |= state.IsSelfDead;
        if (_world.Off == Rule.DeadWait)
            state = state with { DeadSince = state.DeadSince.ToDictionary(silo => silo.Key, silo => silo.Value - Times.Wait) };
        if (_world.Off == Rule.ValidReader && state.IsStarted)
            state = state with { ServeUntil = Lease.Clock.Now + TimeSpan.FromHours(1), IsSelfDead = false };
        if (_world.Off == Rule.StartWait && !state.IsStarted && _hasRead && _promisers.IsSupersetOf(state.Live))
            state = state with { IsStarted = true, ServeUntil = Lease.Clock.Now + TimeSpan.FromSeconds(2) };
        Member.OnLease(state);
    }

    // The network -----------------------------------------------------------------------------------------------------------------------

    async ValueTask<Promise> ILeaseNetwork.AskAsync(SiloAddress silo, MembershipVersion version)
    {
        var promise = await _world.CallAsync(this, silo, 3, target => target.Lease.OnAskAsync(Address, _world.Off == Rule.MinVersion ? MembershipVersion.MinValue : version));
        LastHeard = Lease.Clock.Now;
        if (promise.IsGranted)
            _promisers.Add(silo);
        return promise;
    }

    async Task ILeaseNetwork.SayGoodbyeAsync(SiloAddress silo, bool isDrained)
    {
        await _world.CallAsync(this, silo, 1, target =>
        {
            target.Lease.OnGoodbye(Address, isDrained);
            return ValueTask.FromResult(true);
        });
    }

    async Task<ClusterRows> ILeaseNetwork.RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken)
    {
        var read = _world.ReadAsync(this);
        using var registration = cancellationToken.Register(() => read.TrySetCanceled(cancellationToken));
        return await read.Task;
    }

    async Task<ClusterRows> ILeaseNetwork.ReadTableAsync()
    {
        var rows = await _world.ReadAsync(this).Task;
        LastHeard = Lease.Clock.Now;
        if (_world.Off == Rule.FreshView && !_hasRead)
            rows = new(new MembershipVersion(rows.Version.Value - 1), rows.Silos.Take(rows.Silos.Count / 2).Append(new(Address, SiloStatus.Active)).DistinctBy(row => row.Key).ToDictionary());
        _hasRead = true;
        return rows;
    }

    ValueTask<Acknowledgement> IMulticastTransport.DeliverAsync(SiloAddress destination, Batch batch)
        => _world.CallAsync(this, destination, 2, target => ValueTask.FromResult(target.Member.Receive(batch)));

    void IMulticastTransport.SendSettled(string provider, Incarnation publisher, SiloAddress receiver, Acknowledgement acknowledgement)
        => _world.Send(Address, publisher.Silo, target => target.Member.OnSettled(publisher, receiver, acknowledgement));

    private SiloLease NewLease(ILeaseNetwork network) => new(
        Address, Times, TimeSpan.FromSeconds(5), network, _time, _world.Random, NullLogger.Instance, work => After(0, work.Execute));

    private sealed class AlwaysLive(SiloAddress self) : ILeaseNetwork
    {
        private readonly ClusterRows _rows = new(new MembershipVersion(1), new Dictionary<SiloAddress, SiloStatus> { [self] = SiloStatus.Active });

        public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version) => throw new NotSupportedException();

        public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained) => Task.CompletedTask;

        public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken) => Task.FromResult(_rows);

        public Task<ClusterRows> ReadTableAsync() => Task.FromResult(_rows);
    }
}
