namespace McCache.Demo.Run;

/// <summary>A silo process ended that should not have, or ended badly.</summary>
internal sealed class SiloFailedException(SiloProcess silo, int exitCode, string logEnd)
    : Exception(
        $"Silo {silo.Number} (process {silo.ProcessId}) ended with exit code {exitCode}.{Environment.NewLine}"
        + (logEnd.Length == 0 ? "Its log is empty." : logEnd))
{
    public int ExitCode => exitCode;
}
