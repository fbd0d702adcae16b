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
internal sealed record DemoOptions(int Silos, int Clients, int Seconds, string Trace, double Updates, bool Json, Coherence Coherence, bool Sabotage)
{
    public static string BundledTrace { get; } = Path.Combine(AppContext.BaseDirectory, "data", "web07.txt.gz");
}
