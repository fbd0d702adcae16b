namespace McCache.Stress;

/// <summary>What the tool's exit code says.</summary>
internal static class ExitCodes
{
    internal const int Passed = 0;

    /// <summary>A stale read, copies that differ after quiet, hits that a crash or a table outage cost, memory that does not level off, a fault that never happened, or a cluster that did not recover.</summary>
    internal const int Failed = 1;

    internal const int BadOptions = 2;

    internal const int Interrupted = 130;
}
