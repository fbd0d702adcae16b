using System.Net;
using System.Net.Sockets;

namespace McCache.Bench.Processes;

/// <summary>The processes of a run; none is left after it.</summary>
internal sealed class Children : IAsyncDisposable
{
    private readonly Stack<Child> _started = [];

    public Child Start(string name, string command, object settings)
    {
        _started.Push(Child.Start(name, command, settings));
        return _started.Peek();
    }

    /// <summary>The primary goes after the other silos: they take their leave in its membership table.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var child))
            await child.DisposeAsync();
    }

    /// <summary>Ports of loopback that nobody listens on.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            Array.ForEach(listeners, listener => listener.Start()); // all are held until the last is found, so that they differ
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            Array.ForEach(listeners, listener => listener.Dispose());
        }
    }
}
