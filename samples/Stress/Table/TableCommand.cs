using McCache.Stress.Shared;

namespace McCache.Stress.Table;

/// <summary>
/// The membership store in a process of its own, so that it can be stopped, killed and restarted: a Garnet server (it speaks Redis) whose every write is in its append-only
/// file before it is answered. A store that forgets rows would break the protocol's assumptions, not test them.
/// </summary>
internal static class TableCommand
{
    internal static int Run(string text)
    {
        Console.CancelKeyPress += static (_, pressed) => pressed.Cancel = true;
        var settings = Wire.FromLine<TableSettings>(text) ?? throw new ArgumentException("The settings are no JSON.", nameof(text));
        var parent = new ParentLink();
        using var server = new Garnet.GarnetServer(Arguments(settings));
        server.Start();
        parent.Send(new Report { Ready = true });
        parent.Listen(static _ => { });
        return 0;
    }

    private static string[] Arguments(TableSettings settings) =>
    [
        "--bind", settings.Address,
        "--port", $"{settings.Port}",
        "--checkpointdir", settings.Folder,
        "--aof", "--aof-commit-wait", "--recover",

        // The native device needs libaio, which a machine may not have.
        "--device-type", "RandomAccess",

        // A membership table is small.
        "--memory", "64m", "--page", "1m", "--index", "1m", "--aof-memory", "16m", "--aof-page-size", "4m", "--aof-segment-size", "16m",
        // The Orleans provider writes rows by script.
        "--lua",
        "--no-pubsub", "-q", "--disable-console-logger",
    ];
}
