using System.Reflection;
using McCache.Streaming;

namespace McCache.Simulation.Tests;

/// <content>The silo as a gateway: what MulticastGateway does, and how it reaches its clients.</content>
internal sealed partial class SimulatedSilo
{
    private const double ObserverTimeout = 3;
    private const double DetachTimeout = 1;
    private static readonly FieldInfo s_receiver = typeof(AttachedClient).GetField("_receiver", BindingFlags.Instance | BindingFlags.NonPublic)!;
    private static readonly FieldInfo s_lane = typeof(LaneReceiver).GetField("_lane", BindingFlags.Instance | BindingFlags.NonPublic)!;
    private static readonly FieldInfo s_applied = typeof(InboundLane).GetField("_applied", BindingFlags.Instance | BindingFlags.NonPublic)!;
    private static readonly FieldInfo s_observer = typeof(AttachedClient).GetField("_observer", BindingFlags.Instance | BindingFlags.NonPublic)!;
    private readonly Queue<(SiloAddress Client, long Stamp)> _arriving = []; // what a client's batch holds, while it is taken

    /// <summary>What was published for clients, the first time.</summary>
    internal long MadeForClients { get; private set; }

    /// <summary>Verbs of clients that are not settled.</summary>
    internal int Making { get; private set; }

    /// <summary>Gaps of clients' lanes that were told to others.</summary>
    internal long GapsTold { get; private set; }

    internal async ValueTask<Grant> AttachClientAsync(ulong id, TimeSpan duration, Interest interest, SiloAddress client)
    {
        var grant = await Member.AttachClientAsync(id, duration, interest, new ClientReference(this, client));
        World.Tally.Add(Seen.ClientAttached, grant.IsKnown ? 1 : 0);
        return grant;
    }

    internal Grant Renew(Attachment attachment, TimeSpan duration)
    {
        var grant = FindClient(attachment)?.Renew(duration) ?? new Grant(Address, false, TimeSpan.Zero);
        return grant.IsKnown && World.Off == Rule.GatewayValidity ? grant with { Duration = duration } : grant;
    }

    internal Acknowledgement Deliver(Attachment attachment, Batch batch, SiloAddress client)
    {
        if (FindClient(attachment) is not { } attached)
            return Acknowledgement.None;
        var reader = new FrameReader(batch.Frames);
        var known = (long)s_applied.GetValue(s_lane.GetValue(s_receiver.GetValue(attached)))!;
        for (var sequence = batch.First; reader.TryRead(out var frame); sequence++)
        {
            if (sequence > known)
                _arriving.Enqueue((client, frame.Stamp));
        }

        var acknowledgement = attached.Receive(batch);
        _arriving.Clear();
        return acknowledgement;
    }

    internal AttachedClient? FindClient(Attachment attachment) => Address.Equals(attachment.Silo) ? Member.FindClient(attachment.Id) : null;

    internal SimulatedClient ClientOf(AttachedClient attached) => World.Clients[((ClientReference)s_observer.GetValue(attached)!).Client];

    ValueTask IFrameHandler.MakeAsync(ReadOnlySpan<byte> payload, Awaiting awaiting, AttachedClient client)
    {
        var (from, stamp) = _arriving.Dequeue();
        Writing = World.FindTold(from, stamp);
        NoteReached(Writing);
        _hasPublished = false;
        World.NoteMade(from, client, stamp);
        try
        {
            return AwaitAsync(_handler.MakeAsync(payload, awaiting, client));
        }
        finally
        {
            Writing = null;
            MadeForClients += _hasPublished ? 1 : 0;
        }

        async ValueTask AwaitAsync(ValueTask made)
        {
            Making++;
            try
            {
                await made;
            }
            finally
            {
                Making--;
            }
        }
    }

    /// <summary>A client, as this silo reaches it.</summary>
    private sealed class ClientReference(SimulatedSilo silo, SiloAddress client) : IMulticastClientObserver
    {
        internal SiloAddress Client => client;

        private static readonly byte[] s_nobody = StreamNames.Of(StreamId.Create("nobody", "nobody"));

        public ValueTask<Acknowledgement> Deliver(Batch batch)
        {
            if (silo.World.Off == Rule.ClientGap)
                batch = WithoutGaps(batch);
            if (silo.World.Off != Rule.ClientSettled)
                return silo.World.CallAsync(silo, client, ObserverTimeout, (SimulatedClient target) => ((IMulticastClientObserver)target.Member).Deliver(batch));
            silo.World.After(0.5, () => silo.World.Clients[client].Run(() => ((IMulticastClientObserver)silo.World.Clients[client].Member).Deliver(batch)));
            return new(new Acknowledgement(batch.Publisher.Id, batch.First + batch.Count - 1, batch.First + batch.Count - 1, null));
        }

        public Task Settled(ulong id, Acknowledgement acknowledgement)
        {
            silo.World.Send(silo.Address, client, (SimulatedClient target) => ((IMulticastClientObserver)target.Member).Settled(id, acknowledgement));
            return Task.CompletedTask;
        }

        public async ValueTask Detach(ulong id) => await silo.World.CallAsync(silo, client, DetachTimeout, async (SimulatedClient target) =>
        {
            await ((IMulticastClientObserver)target.Member).Detach(id);
            silo.World.Tally.Add(Seen.ClientDismissed);
            return true;
        });

        /// <summary>The same frames, and in the place of gaps what concerns nobody.</summary>
        private static Batch WithoutGaps(Batch batch)
        {
            var reader = new FrameReader(batch.Frames);
            List<Frame> frames = [];
            while (reader.TryRead(out var frame))
            {
                var copy = frame.Kind == FrameKind.Gap ? new Frame(FrameKind.Item, frame.IsAwaited, s_nobody, []) : new Frame(frame.Kind, frame.IsAwaited, frame.Name, frame.Payload);
                copy.SetNumber(frame.Number, frame.Stamp);
                frames.Add(copy);
            }

            return batch with { Frames = FrameWriter.Pack([.. frames], frames.Sum(frame => frame.Size)) };
        }
    }
}
