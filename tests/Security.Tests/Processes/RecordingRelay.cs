using System.Net;
using System.Net.Sockets;

namespace McCache.Security.Tests.Processes;

/// <summary>Stands on loopback between those who connect and one who listens, passes on every byte, and keeps them all.</summary>
internal sealed class RecordingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly MemoryStream _recorded = new();
    private readonly int _target;
    private readonly Task _accepting;

    internal RecordingRelay(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What has passed in either direction so far.</summary>
    internal byte[] Recorded
    {
        get
        {
            lock (_recorded)
                return _recorded.ToArray();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
            _ = RelayAsync(await _listener.AcceptTcpClientAsync(_ending.Token));
    }

    private async Task RelayAsync(TcpClient from)
    {
        try
        {
            using (from)
            using (var to = new TcpClient())
            {
                await to.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
                await Task.WhenAny(PassAsync(from.GetStream(), to.GetStream()), PassAsync(to.GetStream(), from.GetStream()));
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // One of the two has gone, and with it the connection.
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, _ending.Token) is > 0 and var count)
        {
            lock (_recorded)
                _recorded.Write(buffer, 0, count);
            await to.WriteAsync(buffer.AsMemory(0, count), _ending.Token);
        }
    }
}
