using System.Diagnostics;

namespace McCache.Streaming;

/// <summary>The activity source "McCache": a span for each coherent verb, while anybody listens.</summary>
internal static class Tracing
{
    internal static readonly ActivitySource Source = new("McCache");

    /// <summary>The span of the coherent verb that this code runs for; null when it runs for none, or nobody listens.</summary>
    internal static Activity? Verb => Activity.Current is { } activity && activity.Source == Source ? activity : null;
}

/// <summary>A place where a traced frame went: takes note of which one is the last to settle it.</summary>
internal sealed class TracedPlace(PendingPublish pending, SiloAddress silo) : IAwaited
{
    public bool IsAbandoned => pending.IsAbandoned;

    public void Hold() => pending.Hold();

    public void Overrule(Settlement by) => pending.Overrule(by);

    public void Refuse(string reason) => pending.Refuse(reason);

    public void Settle()
    {
        pending.Slowest = silo;
        pending.Settle();
    }
}
