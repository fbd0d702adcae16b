using McCache.Demo.Command;

namespace McCache.Demo.Run;

/// <summary>How a run ended.</summary>
/// <param name="Summary">The figures; null when the replay never began or a silo failed.</param>
/// <param name="IsInterrupted">Whether Ctrl-C or a signal ended it before its time.</param>
/// <param name="Failure">What went wrong, in words for people; null when nothing did.</param>
internal sealed record Outcome(Summary? Summary, bool IsInterrupted, string? Failure)
{
    public int ExitCode => Failure is not null ? ExitCodes.Failure : IsInterrupted ? ExitCodes.Interrupted : ExitCodes.Success;
}
