using System.Net;
using System.Net.Sockets;
using McCache.Stress.Shared;

namespace McCache.Stress.Network;

/// <summary>The machine's loopback address, a port for each process. Cuts are made in the processes themselves, by a connection that stops passing bytes.</summary>
/// <param name="silos">How many silos.</param>
/// <param name="tell">Tells the member at a place what to do.</param>
internal sealed class Loopback(int silos, Func<int, Order, Task> tell) : INetwork
{
    private readonly int[] _ports = FindFreePorts(1 + (2 * silos));

    public string Description => "loopback, with connections that stall";

    public IReadOnlyList<CutKind> Cuts { get; } = [CutKind.FromSilos, CutKind.Mute];

    public (string Address, int Port) Table => ("127.0.0.1", _ports[0]);

    public SiloPlace Silo(int silo) => new("127.0.0.1", _ports[1 + (2 * silo)], _ports[2 + (2 * silo)]);

    public IReadOnlyList<string> Prefix(int? member) => [];

    public Task ApplyAsync(Cut cut) => tell(cut.Member.Index, new Order(Orders.Stall, In: cut.Kind == CutKind.FromSilos, Out: true));

    public Task HealAsync(Cut cut) => tell(cut.Member.Index, new Order(Orders.Stall));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static int[] FindFreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (var listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }
}
