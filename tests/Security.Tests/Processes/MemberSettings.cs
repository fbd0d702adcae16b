using System.Net;
using System.Net.Sockets;

namespace McCache.Security.Tests.Processes;

/// <summary>How a process protects its connections.</summary>
public enum Protection
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By <c>UseMcCacheTls</c>.</summary>
    Tls,

    /// <summary>By Orleans' TLS with whatever certificate it was given, or none; it checks nothing itself, as one who breaks in would not.</summary>
    Unchecked,

    /// <summary>Not at all, but what members send each other is sealed.</summary>
    Sealed,
}

/// <summary>What a child process is to be. All addresses are of loopback.</summary>
public sealed record MemberSettings
{
    public required string Cluster { get; init; }

    public bool IsClient { get; init; }

    /// <summary>The silo that has the membership table.</summary>
    public int PrimaryPort { get; init; }

    /// <summary>A silo's port as the others know it.</summary>
    public int SiloPort { get; init; }

    /// <summary>Where it listens really, when something is in between.</summary>
    public int? ListeningPort { get; init; }

    /// <inheritdoc cref="ListeningPort"/>
    public int? ListeningGatewayPort { get; init; }

    /// <summary>A silo's own gateway, or the one that a client knows.</summary>
    public int GatewayPort { get; init; }

    public Protection Protection { get; init; }

    /// <summary>Base 64.</summary>
    public string? Secret { get; init; }

    public CertificateFiles? Files { get; init; }

    public string? SiloName { get; init; }

    /// <summary>After how long the process gives up to start; a client that cannot connect never would.</summary>
    public TimeSpan? Patience { get; init; }

    public static MemberSettings Silo(CertificateFiles files)
    {
        var port = FreePort();
        return new() { Cluster = Guid.NewGuid().ToString("N"), PrimaryPort = port, SiloPort = port, GatewayPort = FreePort(), Protection = Protection.Tls, Files = files };
    }

    /// <summary>Another silo of the same cluster.</summary>
    public MemberSettings Joining() => this with { SiloPort = FreePort(), GatewayPort = FreePort(), ListeningPort = null, ListeningGatewayPort = null };

    public MemberSettings Client() => this with { IsClient = true };

    internal static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
