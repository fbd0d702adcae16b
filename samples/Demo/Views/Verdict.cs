using McCache.Demo.Run;

namespace McCache.Demo.Views;

/// <summary>The result of a run in plain words.</summary>
internal static class Verdict
{
    public static string Of(Outcome outcome) => outcome switch
    {
        { Failure: { } failure } => $"FAILED. {failure}",
        { Summary: { } summary } => $"{(outcome.IsInterrupted ? "Stopped early; up to then: " : "")}{Of(summary)}",
        _ => "Stopped before the replay began.",
    };

    private static string Of(Summary summary)
    {
        var visible = summary.VisibleMicrosecondsP50 == 0
            ? ""
            : $"; half of the writes were visible elsewhere within {Figures.Microseconds(summary.VisibleMicrosecondsP50)}, "
                + $"99 % within {Figures.Microseconds(summary.VisibleMicrosecondsP99)}";
        return $"{summary.Requests:N0} requests in {summary.Seconds:0.#} s, {summary.Updates:N0} updates, not one stale read. "
            + $"{100 * summary.HitRatio:0.0} % of the requests never left their process's memory"
            + $"{visible}. {summary.MulticastOperations:N0} multicasts for {summary.CoherentVerbs:N0} writes: no fill was sent to anybody."
            + (summary.GatewaysLost > 0 ? $" Clients lost their gateway {summary.GatewaysLost:N0} times and went on with another; what they were just writing was told again." : "")
            + (summary.DigestsEqual is true ? " In the end all silos held the same pages in the same order." : "")
            + (summary.ClientKeys is { } keys ? $" What the clients held was what the silos held: {keys:N0} pages{(summary.Clients > 1 ? " or more each" : "")}." : "");
    }
}
