namespace McCache.Demo.Run;

/// <summary>A process ended that should not have, or ended badly.</summary>
internal sealed class MemberFailedException(MemberProcess member, int exitCode, string logEnd)
    : Exception(
        $"{member.Name} (process {member.ProcessId}) ended with exit code {exitCode}.{Environment.NewLine}"
        + (logEnd.Length == 0 ? "Its log is empty." : logEnd))
{
    public int ExitCode => exitCode;
}
