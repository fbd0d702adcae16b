using McCache.Bench.Processes;
using McCache.Bench.Wire.Floods;

namespace McCache.Bench.Wire;

/// <summary>A process with FusionCache and no silo, for a cold burst: a burst leaves it without threads for minutes, and whatever shares its process.</summary>
internal static class FusionChild
{
    public const string Name = "wire-fusion";

    public static async Task<int> RunAsync()
    {
        var settings = JsonLines.FromLine<WireSettings>(ParentLink.ReadSettings());
        var board = new Board(settings.Board);
        Flood[] floods = [.. FloodName.All.Select(name => new FusionFlood(name == FloodName.SecondLevel, settings, board))];
        ParentLink.Send(new Answer(0));
        await ParentLink.ListenAsync(order => floods[order.Path].CarryOutAsync(order));
        Environment.Exit(0); // there may be no thread to return on
        return 0;
    }
}
