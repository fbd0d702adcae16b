using System.Diagnostics;
using McCache.Stress.Shared;

namespace McCache.Stress.Network;

/// <summary>
/// A network of its own for every process: namespaces, joined by a bridge that lives in one more of them. Nothing of it is in the machine's own network, and no packet can
/// leave. Needs Linux and root.
/// </summary>
/// <remarks>Names begin with the run's process id, so that a later run finds what a dead one has left. Removing a namespace removes its ends of the cables.</remarks>
internal sealed class Namespaces : INetwork
{
    private const int TablePort = 6379;
    private const int SiloPort = 11_111;
    private const int GatewayPort = 30_000;
    private const string Interface = "eth0";
    private const string Mark = "mcs";

    /// <summary>Where <c>ip</c> keeps named namespaces.</summary>
    private const string Folder = "/run/netns";

    private readonly string _prefix;
    private readonly int _members;

    private Namespaces(int process, int members) => (_prefix, _members) = ($"{Mark}{process}-", members);

    public string Description => "network namespaces";

    public IReadOnlyList<CutKind> Cuts { get; } = [CutKind.Isolate, CutKind.Pair, CutKind.OneWay, CutKind.FromTable];

    public (string Address, int Port) Table => (AddressOf(null), TablePort);

    private string Hub => $"{_prefix}hub";

    /// <returns>Null where namespaces cannot be had.</returns>
    internal static async Task<INetwork?> TryCreateAsync(int members)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return null;
        var network = new Namespaces(Environment.ProcessId, members);
        try
        {
            await network.CreateAsync();
            return network;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // there is no "ip" here
        }
        catch (InvalidOperationException)
        {
            await network.DisposeAsync();
            return null;
        }
    }

    /// <summary>The namespaces of all runs on this machine, each with the process id of its run.</summary>
    internal static IEnumerable<(string Name, int Process)> List()
    {
        foreach (var path in Directory.Exists(Folder) ? Directory.GetFiles(Folder, $"{Mark}*-*") : [])
        {
            var name = Path.GetFileName(path);
            if (int.TryParse(name[Mark.Length..name.IndexOf('-', StringComparison.Ordinal)], out var process))
                yield return (name, process);
        }
    }

    internal static Task DeleteAsync(string name) => RunAsync("netns", "del", name);

    public SiloPlace Silo(int silo) => new(AddressOf(silo), SiloPort, GatewayPort);

    public IReadOnlyList<string> Prefix(int? member) => ["ip", "netns", "exec", NameOf(member)];

    public Task ApplyAsync(Cut cut) => SetAsync(cut, isCut: true);

    public Task HealAsync(Cut cut) => SetAsync(cut, isCut: false);

    public async ValueTask DisposeAsync()
    {
        foreach (var name in Nodes().Select(NameOf).Append(Hub))
            await DeleteAsync(name);
    }

    private static string AddressOf(int? member) => $"10.77.0.{(member + 11) ?? 1}";

    private string NameOf(int? member) => $"{_prefix}{member + 1 ?? 0}";

    private IEnumerable<int?> Nodes() => Enumerable.Range(0, _members).Cast<int?>().Prepend(null);

    private async Task CreateAsync()
    {
        await DoAsync("netns", "add", Hub);
        await DoAsync("-n", Hub, "link", "add", "bridge", "type", "bridge");
        await DoAsync("-n", Hub, "link", "set", "bridge", "up");
        foreach (var node in Nodes())
        {
            var name = NameOf(node);
            await DoAsync("netns", "add", name);
            await DoAsync("link", "add", Interface, "netns", name, "type", "veth", "peer", "name", PortOf(node), "netns", Hub);
            await DoAsync("-n", Hub, "link", "set", PortOf(node), "master", "bridge", "up");
            await DoAsync("-n", name, "addr", "add", $"{AddressOf(node)}/24", "dev", Interface);
            await DoAsync("-n", name, "link", "set", Interface, "up");
            await DoAsync("-n", name, "link", "set", "lo", "up");
        }
    }

    /// <summary>The bridge's end of a node's cable.</summary>
    private static string PortOf(int? node) => $"port{node + 1 ?? 0}";

    private async Task SetAsync(Cut cut, bool isCut)
    {
        if (cut.Kind == CutKind.Isolate)
            await DoAsync("-n", Hub, "link", "set", PortOf(cut.Member.Index), isCut ? "down" : "up");
        else if (cut.Kind == CutKind.FromTable)
            await RouteAsync(cut.Member.Index, null, isCut);
        else
            await RouteAsync(cut.Member.Index, cut.Other.Index, isCut);
        if (cut.Kind == CutKind.Pair)
            await RouteAsync(cut.Other.Index, cut.Member.Index, isCut);
    }

    /// <summary>What one node sends to another vanishes, or does not any more.</summary>
    private Task RouteAsync(int? from, int? to, bool isCut) => DoAsync("-n", NameOf(from), "route", isCut ? "add" : "del", "blackhole", $"{AddressOf(to)}/32");

    private static async Task DoAsync(params string[] arguments)
    {
        var (code, output) = await RunAsync(arguments);
        if (code != 0)
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {output}");
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
