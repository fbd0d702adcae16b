using McCache.Bench.Processes;

namespace McCache.Bench.Wire;

/// <summary>A Redis protocol server in memory, without a log on disk: Garnet, for FusionCache.</summary>
internal static class GarnetChild
{
    public const string Name = "wire-garnet";

    public static async Task<int> RunAsync()
    {
        var port = JsonLines.FromLine<int[]>(ParentLink.ReadSettings())[0];
        using var server = new Garnet.GarnetServer(
        [
            "--bind", "127.0.0.1", "--port", $"{port}",
            "--memory", "512m", "--index", "64m", "--device-type", "RandomAccess", "--lua",
            "-q", "--disable-console-logger",
        ]);
        server.Start();
        ParentLink.Send(new Answer(0));
        await ParentLink.ListenAsync(WireOrder.CarryOutByAllAsync);
        return 0;
    }
}
