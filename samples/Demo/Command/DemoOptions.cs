namespace McCache.Demo.Command;

/// <summary>What the user asked for.</summary>
/// <param name="Silos">Silo processes, 1 to 16.</param>
/// <param name="Clients">Client processes, 0 to 16.</param>
/// <param name="Seconds">How long they replay the trace, 1 to 86,400.</param>
/// <param name="Trace">The file with the trace.</param>
/// <param name="Updates">The share of requests that an update of the page follows, 0 to 1.</param>
/// <param name="Json">Whether the result goes to stdout as one line of JSON, with no drawing.</param>
/// <param name="Coherence">Whether an update tells the caches to drop the page, or gives them the new one.</param>
/// <param name="Sabotage">Whether updates leave out the coherent verb, which the check must find.</param>
/// <param name="DashboardPort">The port of the dashboards; 0 for one that is free.</param>
/// <param name="Hold">How many seconds the silos stay up, and the dashboards with them, when the replay has ended.</param>
/// <param name="AllowActs">Whether the dashboard may evict, remove, clear and repair. What it removes is multicast too, so that frames are then not compared with the replay's verbs.</param>
internal sealed record DemoOptions(int Silos, int Clients, int Seconds, string Trace, double Updates, bool Json, Coherence Coherence, bool Sabotage, int DashboardPort = 0, int Hold = 0, bool AllowActs = false)
{
    public static string BundledTrace { get; } = Path.Combine(AppContext.BaseDirectory, "data", "web07.txt.gz");
}
