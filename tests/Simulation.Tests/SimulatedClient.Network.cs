using McCache.Streaming;

namespace McCache.Simulation.Tests;

/// <content>The client's end of the network: which silo a call reaches is a matter of its connections, and they change.</content>
internal sealed partial class SimulatedClient
{
    private const double GatewayTimeout = 3;
    private const double DetachTimeout = 1;
    private readonly Random _routing;
    private readonly Dictionary<int, SiloAddress> _routes = [];

    /// <summary>Every call may reach another silo now.</summary>
    internal void MoveConnections() => _routes.Clear();

    /// <summary>The silo that a call with a key reaches. It stays the same for a while; that it does is nowhere written.</summary>
    private SiloAddress Route(int key)
    {
        var strays = World.IsLossy && _routing.Next(200) == 0;
        if (!strays && _routes.TryGetValue(key, out var known) && !((World.Silos[known].IsCrashed || !World.IsLive(known)) && _routing.Next(2) == 0))
            return known;
        SimulatedSilo[] silos = [.. World.Alive.Where(silo => World.IsLive(silo.Address))];
        if (silos.Length == 0)
            silos = [.. World.Silos.Values];
        if (strays)
            World.Tally.Add(Seen.CallStrayed);
        return _routes[key] = silos[_routing.Next(silos.Length)].Address;
    }

    /// <summary>The gateway grain with one key, as this client reaches it.</summary>
    private sealed class Connection(SimulatedClient client, int key) : IMulticastGateway
    {
        public ValueTask<Grant> Attach(string provider, ulong id, TimeSpan duration, Interest interest, IMulticastClientObserver observer)
            => AskAsync(silo => silo.AttachClientAsync(id, duration, interest, client.Address));

        public ValueTask<Grant> Renew(Attachment attachment, TimeSpan duration) => AskAsync(silo => new(silo.Renew(attachment, duration)));

        public ValueTask<bool> Listen(Attachment attachment, Interest interest) 
            => CallAsync(GatewayTimeout, silo => silo.FindClient(attachment)?.ListenAsync(interest) ?? new(false));

        public ValueTask<Acknowledgement> Deliver(Attachment attachment, Batch batch) 
            => CallAsync(GatewayTimeout, silo => new ValueTask<Acknowledgement>(silo.Deliver(attachment, batch, client.Address)));

        public Task Settled(Attachment attachment, Acknowledgement acknowledgement)
        {
            client.World.Send(client.Address, client.Route(key), (SimulatedSilo silo) => silo.FindClient(attachment)?.OnSettled(acknowledgement));
            return Task.CompletedTask;
        }

        public ValueTask<byte[]> Ask(Attachment attachment, byte[] stream, byte[] request)
            => CallAsync(GatewayTimeout, silo => new ValueTask<byte[]>(silo.FindClient(attachment) is null ? [] : silo.Member.Answer(stream, request)));

        public async Task Detach(Attachment attachment) => await CallAsync(DetachTimeout, silo =>
        {
            silo.FindClient(attachment)?.Leave();
            return new ValueTask<bool>(true);
        });

        private async ValueTask<Grant> AskAsync(Func<SimulatedSilo, ValueTask<Grant>> ask)
        {
            var askedAt = client.Now;
            var grant = await CallAsync(GatewayTimeout, ask);
            if (grant.Duration > TimeSpan.Zero)
                client.Hear(askedAt);
            else
                client.World.Tally.Add(Seen.ClientRefused);
            return grant;
        }

        private async ValueTask<T> CallAsync<T>(double timeout, Func<SimulatedSilo, ValueTask<T>> call)
        {
            var to = client.Route(key);
            try
            {
                return await client.World.CallAsync(client, to, timeout, call);
            }
            catch (TimeoutException)
            {
                if (client._routing.Next(3) == 0)
                    client._routes.Remove(key); // the connection was lost
                throw;
            }
        }
    }
}
