using System.Net;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace McCache.Stress.Member;

/// <summary>Makes this client leave a gateway that is in the best of health: its connection is cut, and new ones are refused, as by a firewall, until it may return.</summary>
internal sealed class GatewayConnections
{
    private readonly Lock _gate = new();
    private readonly HashSet<ConnectionContext> _open = [];
    private IPEndPoint? _left;

    internal void Configure(ClientConnectionOptions options) => options.ConfigureConnection(builder => builder.Use(next => context => RunAsync(context, next)));

    internal void Leave(IPEndPoint gateway)
    {
        ConnectionContext[] cut;
        lock (_gate)
        {
            _left = gateway;
            cut = [.. _open.Where(connection => gateway.Equals(connection.RemoteEndPoint))];
        }

        foreach (var connection in cut)
            connection.Abort(Refusal());
    }

    internal void Return()
    {
        lock (_gate)
            _left = null;
    }

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        lock (_gate)
        {
            if (_left?.Equals(connection.RemoteEndPoint) == true)
                throw Refusal();
            _open.Add(connection);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
                _open.Remove(connection);
        }
    }

    private static ConnectionAbortedException Refusal() => new("The connection was cut on purpose.");
}
