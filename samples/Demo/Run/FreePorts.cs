using System.Net;
using System.Net.Sockets;

namespace McCache.Demo.Run;

/// <summary>Ports of the loopback interface that nobody listens on. Another program may take one before a silo does; the run then tries with others.</summary>
internal static class FreePorts
{
    public static int[] Find(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            // All are held until the last is found, so that they differ.
            return [.. listeners.Select(listener =>
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            })];
        }
        finally
        {
            foreach (var listener in listeners)
                listener.Dispose();
        }
    }
}
