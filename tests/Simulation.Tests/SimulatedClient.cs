using System.Reflection;
using McCache.Client;
using McCache.Streaming;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace McCache.Simulation.Tests;

/// <summary>
/// One client outside the cluster: production's client member, near cache and view, on virtual time and a simulated network. It stands between them where a mutation takes a rule out.
/// </summary>
internal sealed partial class SimulatedClient : SimulatedMember, IClientChannel, IFrameHandler
{
    /// <summary>How long a coherent verb waits for a gateway to be found.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly FieldInfo s_session = typeof(ClientMember).GetField("_session", BindingFlags.Instance | BindingFlags.NonPublic)!;

    private IFrameHandler _handler = null!; // the cache, which attaches itself

    internal SimulatedClient(World world, SiloAddress address)
        : base(world, address)
    {
        _routing = world.Stream(6, address.Generation);
        Member = new ClientMember(
            CacheMember.ProviderName, new MulticastOptions { MaxLaneFrames = World.MaxLane, MaxLaneBytes = World.MaxLaneBytes }, SimulatedSilo.Times, Patience, TimeSpan.FromSeconds(3),
            key => new Connection(this, key), static client => client, Time, Random, NullLogger.Instance, work => After(0, work.Execute));
        if (Random.Next(2) == 0)
        {
            AddCache();
            return;
        }

        Member.Attach(StreamId.Create("other", "other"), new OtherHandler()); // so that it has a gateway before it has the cache
        After(world.Between(Random, 0, 10), AddCache);
    }

    internal ClientMember Member { get; }

    internal bool HasCache => View is not null;

    /// <summary>When it crashed or left.</summary>
    internal TimeSpan? GoneSince { get; private set; }

    private protected override TimeSpan Now => Member.Clock.Now;

    private protected override bool TellsMoves => World.Plan.IsReplicated;

    public override string ToString() => $"{Address}, a client of {Member.Gateway?.ToString() ?? "nobody"}";

    internal override void Crash()
    {
        GoneSince ??= World.Queue.Now;
        base.Crash();
    }

    /// <summary>The process ends in order.</summary>
    internal async Task LeaveAsync()
    {
        using (var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), Time))
            await Member.CloseAsync(timeout.Token);
        Crash();
    }

    private void AddCache()
    {
        var services = new SimulatedServices(Time, this, World.Plan.CacheOptions);
        var caches = new CacheMember(services, [new CacheRegistration<int, int>(SimulatedSilo.Cache, null)], Options.Create(new McCacheOptions { MaxClockSkew = TimeSpan.FromSeconds(3) }));
        Local = caches.Get<int, int>(SimulatedSilo.Cache).Local;
        View = new CacheView<int, int>(SimulatedSilo.Cache, caches);
    }

    private protected override void OnHit(string how, int key, int value)
    {
        base.OnHit(how, key, value);
        World.Tally.Add(Seen.ClientHit);
        if (Member.Gateway is { } gateway && World.Silos[gateway] is { IsCrashed: true })
            World.Tally.Add(Seen.ClientHitWithoutGateway);
    }

    // Between the cache and the member. ---------------------------------------------------------------------------------------------------

    HybridClock IMulticastChannel.Stamps => Member.Stamps;

    void IMulticastChannel.Attach(StreamId stream, IFrameHandler handler)
    {
        _handler = handler;
        Member.Attach(stream, this);
    }

    Frame? IMulticastChannel.Publish(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf)
    {
        var frame = Member.Publish(stream, payload, onBehalfOf);
        World.NoteTold(Address, frame?.Stamp ?? 0, Writing);
        return frame;
    }

    Publication IMulticastChannel.PublishAsync(byte[] stream, ReadOnlySpan<byte> payload, AttachedClient? onBehalfOf, CancellationToken cancellationToken)
    {
        var publication = Member.PublishAsync(stream, payload, onBehalfOf, cancellationToken);
        World.NoteTold(Address, publication.Stamp, Writing);
        return publication;
    }

    void IClientChannel.Watch(Action applied)
    {
        if (World.Off == Rule.PendingSets)
            applied();
        else
            Member.Watch(applied);
    }

    Task IClientChannel.AttachedAsync(CancellationToken cancellationToken) => Member.AttachedAsync(cancellationToken);

    Task IClientChannel.ListenAsync(StreamId stream, CancellationToken cancellationToken) => Member.ListenAsync(stream, cancellationToken);

    async ValueTask<byte[]> IClientChannel.AskGatewayAsync(StreamId stream, byte[] request, CancellationToken cancellationToken)
    {
        var answer = World.Off == Rule.ReadAfter && s_session.GetValue(Member) is GatewaySession session
            ? await session.Gateway.Ask(session.Attachment, StreamNames.Of(stream), request)
            : await Member.AskGatewayAsync(stream, request, cancellationToken);
        World.Tally.Add(answer.Length > 0 ? Seen.ReadThrough : Seen.ReadThroughMissed);
        return answer;
    }

    bool IFrameHandler.IsReplica => _handler.IsReplica;

    FrameOutcome IFrameHandler.Apply(in ReceivedFrame frame) => _handler.Apply(frame);

    byte[] IFrameHandler.Answer(ReadOnlySpan<byte> request) => _handler.Answer(request);

    ValueTask IFrameHandler.MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client) => _handler.MakeAsync(payload, awaiting, client);

    byte[]? IFrameHandler.Again(ReadOnlySpan<byte> payload)
    {
        World.Tally.Add(Seen.ClientToldAgain);
        return World.Off == Rule.Again ? payload.ToArray() : _handler.Again(payload);
    }

    Action? IFrameHandler.SentAgain(ReadOnlySpan<byte> payload) => World.Off == Rule.PendingSets ? null : _handler.SentAgain(payload);

    void IFrameHandler.OnGap(SiloAddress publisher, long upTo)
    {
        World.Tally.Add(Seen.ClientGapNoted);
        if (World.Off != Rule.AttachDrop || publisher.Equals(SiloAddress.Zero)) // of a silo, when it becomes the gateway
            _handler.OnGap(publisher, upTo);
    }

    void IFrameHandler.Serve(long until)
    {
        if (!HasCache)
        {
            _handler.Serve(until); // attached before the view is made
            return;
        }

        NoteUntil(until);
        _handler.Serve(World.Off switch
        {
            Rule.ClientLease when until > 0 => Local.Now + (long)TimeSpan.FromHours(1).TotalMilliseconds,
            Rule.Interest when until == 1 && Member.ValidFor > TimeSpan.Zero => Local.Now + (long)Member.ValidFor.TotalMilliseconds,
            _ => until,
        });
    }

    /// <summary>Of a stream that nobody publishes on.</summary>
    private sealed class OtherHandler : IFrameHandler
    {
        public bool IsReplica => false;

        public FrameOutcome Apply(in ReceivedFrame frame) => FrameOutcome.Applied;

        public void OnGap(SiloAddress publisher, long upTo)
        {
        }

        public void Serve(long until)
        {
        }

        public ValueTask MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client) => default;

        public byte[]? Again(ReadOnlySpan<byte> payload) => null;

        public byte[] Answer(ReadOnlySpan<byte> request) => [];
    }
}
