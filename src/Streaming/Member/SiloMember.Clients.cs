using System.Collections.Concurrent;

namespace McCache.Streaming;

/// <content>The clients outside the cluster whose gateway this silo is.</content>
internal sealed partial class SiloMember
{
    private readonly ConcurrentDictionary<ulong, AttachedClient> _clients = new();
    private readonly Throttle _throttled = new();
    private readonly Throttle _full = new();
    private int _clientCount; // asked for each frame that is published
    private readonly TaskCompletionSource _clientsGone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What clients may do; null for everything.</summary>
    internal IClientAccess? Access { get; init; }

    internal int Clients => Volatile.Read(ref _clientCount);

    internal AttachedClient? FindClient(ulong id) => _clients.GetValueOrDefault(id);

    /// <summary>Whether what fails now fails because this silo is over, and a client should go to another.</summary>
    internal bool IsOver => Volatile.Read(ref _isClosed) || Impediment is not null;

    /// <summary>How long this silo may serve; zero before its start, when it is stopping, and when it is dead.</summary>
    internal TimeSpan ServesFor => ServeUntil([]) == 0 ? TimeSpan.Zero : Lease.ValidFor;

    /// <summary>Attaches a client, unless this silo may not serve itself, or cannot tell others in time to what the client listens.</summary>
    /// <exception cref="UnauthorizedAccessException">The client may not attach, or not hear what it wants to.</exception>
    /// <exception cref="LimitExceededException">There are too many clients, too many attachments of this one, or it wants to hear too much.</exception>
    internal async ValueTask<Grant> AttachClientAsync(ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver observer)
    {
        var client = new AttachedClient(this, id, observer);
        try
        {
            client.CheckAttach(interest);
            CheckRoom(client);
        }
        catch
        {
            client.Dispose();
            throw;
        }

        if (!_clients.TryAdd(id, client))
        {
            client.Dispose();
            return new(Silo, false, TimeSpan.Zero);
        }

        Interlocked.Increment(ref _clientCount);
        var grant = new Grant(Silo, false, TimeSpan.Zero);
        try
        {
            await client.ListenAsync(interest); // before the grant: whatever is published from then on reaches it
            grant = client.Renew(duration);
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            Log.ClientUnanswered(exception, Name);
        }
        finally
        {
            if (grant.Duration == TimeSpan.Zero)
                client.Leave();
        }

        return grant with { IsKnown = grant.Duration > TimeSpan.Zero };
    }

    private void CheckRoom(AttachedClient client)
    {
        if (Clients < Options.MaxClients && _clients.Values.Count(known => known.Name == client.Name) < Options.MaxAttachmentsPerClient)
            return;
        Interlocked.Increment(ref Counters.RefusedClients);
        if (_full.TryPass(Clock.Now))
            Log.ClientRefused(Name, Clients);
        throw new LimitExceededException($"Silo {Silo} is the gateway of {Clients} clients of multicast provider '{Name}': {nameof(MulticastOptions.MaxClients)} ({Options.MaxClients}) or {nameof(MulticastOptions.MaxAttachmentsPerClient)} ({Options.MaxAttachmentsPerClient}) allow no more.");
    }

    /// <summary>A client has published more than it may, and is to wait.</summary>
    internal void OnThrottled(string client)
    {
        Interlocked.Increment(ref Counters.Throttled);
        if (_throttled.TryPass(Clock.Now))
            Log.ClientThrottled(Name, client);
    }

    public void TellClients(StreamId stream)
    {
        if (Clients > 0)
            TellGap(StreamNames.Of(stream), null);
    }

    private void SendToClients(Frame frame, PendingPublish? pending, AttachedClient? onBehalfOf)
    {
        if (frame.Kind is FrameKind.Relayed or FrameKind.Lost)
            return; // which they were told when it came
        foreach (var client in Streams.Find(frame.Name).Clients)
        {
            if (client != onBehalfOf)
                client.Enqueue(frame, pending);
        }
    }

    /// <summary>What a client has published on a stream was lost.</summary>
    internal void LoseHere(byte[] name)
    {
        Counters.AddGap(GapReason.Announced);
        Lose(Streams.Find(name), Silo, 0);
    }

    internal void OnClientLeft(ulong id)
    {
        if (_clients.TryRemove(id, out _))
            Interlocked.Decrement(ref _clientCount);
        CheckClientsGone();
    }

    /// <summary>Every client is told to go, and given no more time.</summary>
    private void DismissClients()
    {
        foreach (var (_, client) in _clients)
            client.Dismiss();
        CheckClientsGone();
    }

    private void CheckClientsGone()
    {
        if (Volatile.Read(ref _isStopping) && _clients.IsEmpty)
            _clientsGone.TrySetResult();
    }

    /// <summary>After <see cref="BeginStop"/>: completes when no client serves on this silo's word any more, at the latest when their leases have run out.</summary>
    internal Task ClientsGone => _clientsGone.Task;
}
