using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace McCache.Bench.Wire;

/// <summary>Raw loopback TCP with no delay and blocking threads: what comes in to a silo, and the connections to the others.</summary>
internal sealed class Links : IDisposable
{
    /// <summary>What an update is in a flood: a key of 16 characters and a long value.</summary>
    public const int UpdateBytes = 24;

    public const int FloodBytes = 64 * 1024;
    private const int MessageBytes = 16 + 16 + 108; // path and number, key, an item
    private const byte Tell = 0, Ask = 1, Flood = 2;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket[]> _others = [];
    private readonly byte[] _message = new byte[MessageBytes];
    private readonly byte[] _answer = new byte[MessageBytes];
    private readonly WireSettings _settings;
    private readonly Board _board;

    public Links(WireSettings settings, Board board)
    {
        (_settings, _board) = (settings, board);
        _listener.Start();
        Start(Accept, "Links");
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Connect(int port) => _others.Add([.. new[] { Tell, Ask, Flood }.Select(kind =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        socket.Send([kind, (byte)_settings.Number]);
        return socket;
    })]);

    public void TellAll(int path, long number)
    {
        lock (_message)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_message, path);
            BinaryPrimitives.WriteInt64LittleEndian(_message.AsSpan(8), number);
            foreach (var other in _others)
                other[Tell].Send(_message);
        }
    }

    public void AskAll()
    {
        foreach (var other in _others)
            other[Ask].Send(_answer);
        foreach (var other in _others)
            ReceiveAll(other[Ask], _answer.AsSpan(0, 8));
    }

    public void FloodAll(ReadOnlySpan<byte> updates)
    {
        foreach (var other in _others)
        {
            for (var rest = updates; rest.Length > 0;)
                rest = rest[other[Flood].Send(rest)..];
        }
    }

    public void Dispose()
    {
        foreach (var socket in _others.SelectMany(sockets => sockets))
            socket.Dispose();
        _listener.Dispose();
    }

    private static void Start(Action work, string name) => new Thread(() => work()) { IsBackground = true, Name = name }.Start();

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.AcceptSocket();
                socket.NoDelay = true;
                Start(() => Receive(socket), "Link");
            }
        }
        catch (SocketException)
        {
            // The listener has been closed.
        }
    }

    private void Receive(Socket socket)
    {
        using (socket)
        {
            Span<byte> head = stackalloc byte[2];
            if (!ReceiveAll(socket, head))
                return;
            if (head[0] == Flood)
                ReceiveFlood(socket, publisher: head[1]);
            else
                ReceiveMessages(socket, isAsked: head[0] == Ask);
        }
    }

    private void ReceiveMessages(Socket socket, bool isAsked)
    {
        Span<byte> message = stackalloc byte[MessageBytes];
        while (ReceiveAll(socket, message))
        {
            if (isAsked)
                socket.Send(message[..8]);
            else
                _board.Note(_settings.Number, (int)BinaryPrimitives.ReadInt64LittleEndian(message), BinaryPrimitives.ReadInt64LittleEndian(message[8..]));
        }
    }

    private void ReceiveFlood(Socket socket, int publisher)
    {
        var buffer = new byte[FloodBytes];
        for (var rest = 0; ;)
        {
            var received = Receive(socket, buffer);
            if (received == 0)
                return;
            _board.AddApplied(_settings.Number, publisher, (rest + received) / UpdateBytes);
            rest = (rest + received) % UpdateBytes;
        }
    }

    private static bool ReceiveAll(Socket socket, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var received = Receive(socket, buffer);
            if (received == 0)
                return false;
            buffer = buffer[received..];
        }

        return true;
    }

    private static int Receive(Socket socket, Span<byte> buffer)
    {
        try
        {
            return socket.Receive(buffer);
        }
        catch (SocketException)
        {
            return 0; // the other has ended
        }
    }
}
