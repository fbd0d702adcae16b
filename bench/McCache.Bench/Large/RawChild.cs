using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using McCache.Bench.Processes;

namespace McCache.Bench.Large;

/// <summary>One end of the raw copy: plain sockets through loopback, written 256 KiB at a time into memory that is there already, and one byte back when all has come.</summary>
internal sealed class RawChild : IDisposable
{
    public const string Name = "large-raw";
    private const int WriteBytes = 256 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private byte[] _value = [];
    private Socket? _socket;

    public static async Task<int> RunAsync()
    {
        ParentLink.ReadSettings();
        using var child = new RawChild();
        child._listener.Start();
        new Thread(child.Receive) { IsBackground = true, Name = "Receiver" }.Start();
        ParentLink.Send(new Answer(0, Number: (ulong)((IPEndPoint)child._listener.LocalEndpoint).Port));
        await ParentLink.ListenAsync(order => Task.FromResult(child.CarryOut(order)));
        return 0;
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _listener.Dispose();
    }

    private Answer CarryOut(Order order)
    {
        switch (order.Do)
        {
            case LargeOrder.Connect:
                _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                _socket.Connect(IPAddress.Loopback, order.Port);
                return new Answer(0);
            case LargeOrder.Send:
                return Send(order.Bytes);
            default:
                return new Answer(0);
        }
    }

    private Answer Send(long bytes)
    {
        if (_value.Length != bytes)
            _value = Values.Make(bytes, round: 0);
        Span<byte> header = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(header, bytes);
        var start = Stopwatch.GetTimestamp();
        _socket!.Send(header);
        for (var sent = 0; sent < _value.Length;)
            sent += _socket.Send(_value.AsSpan(sent, Math.Min(WriteBytes, _value.Length - sent)));
        ReceiveAll(_socket, header[..1]);
        return new Answer(0, start, Stopwatch.GetTimestamp());
    }

    private void Receive()
    {
        using var socket = _listener.AcceptSocket();
        socket.NoDelay = true;
        Span<byte> header = stackalloc byte[sizeof(long)];
        while (ReceiveAll(socket, header))
        {
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(header);
            if (_value.Length != bytes)
                _value = new byte[bytes];
            ReceiveAll(socket, _value);
            socket.Send(header[..1]);
        }
    }

    private static bool ReceiveAll(Socket socket, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var received = socket.Receive(buffer);
            if (received == 0)
                return false;
            buffer = buffer[received..];
        }

        return true;
    }
}
