using System.Collections.Concurrent;

namespace McCache.Streaming;

/// <content>The clients outside the cluster whose gateway this silo is.</content>
internal sealed partial class SiloMember
{
    internal const int MaxClients = 10_000;

    private readonly ConcurrentDictionary<ulong, AttachedClient> _clients = new();
    private int _clientCount; // asked for each frame that is published
    private readonly TaskCompletionSource _clientsGone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Clients => Volatile.Read(ref _clientCount);

    internal AttachedClient? FindClient(ulong id) => _clients.GetValueOrDefault(id);

    /// <summary>Whether what fails now fails because this silo is over, and a client should go to another.</summary>
    internal bool IsOver => Volatile.Read(ref _isClosed) || Impediment is not null;

    /// <summary>How long this silo may serve; zero before its start, when it is stopping, and when it is dead.</summary>
    internal TimeSpan ServesFor => ServeUntil([]) == 0 ? TimeSpan.Zero : Lease.ValidFor;

    /// <summary>Attaches a client, unless this silo may not serve itself, or cannot tell others in time to what the client listens.</summary>
    internal async ValueTask<Grant> AttachClientAsync(ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver observer)
    {
        var client = new AttachedClient(this, id, observer);
        if (Clients >= MaxClients || !_clients.TryAdd(id, client))
        {
            client.Dispose();
            return new(Silo, false, TimeSpan.Zero);
        }

        Interlocked.Increment(ref _clientCount);

        try
        {
            await client.ListenAsync(interest); // before the grant: whatever is published from then on reaches it
            var grant = client.Renew(duration);
            if (grant.Duration > TimeSpan.Zero)
                return grant;
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            Log.ClientUnanswered(exception, Name);
        }

        client.Leave();
        return new(Silo, false, TimeSpan.Zero);
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
