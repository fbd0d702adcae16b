using System.Runtime.InteropServices;

namespace McCache.Stress.Run;

/// <summary>POSIX signals, by number where Linux and macOS agree, which they do not for stop and continue.</summary>
internal static partial class Signals
{
    private const int KillNumber = 9;

    internal static void Kill(int process) => Send(process, KillNumber);

    internal static void Pause(int process) => Send(process, OperatingSystem.IsLinux() ? 19 : 17);

    internal static void Continue(int process) => Send(process, OperatingSystem.IsLinux() ? 18 : 19);

    /// <summary>A process that is gone already is no error.</summary>
    private static void Send(int process, int signal) => _ = SendSignal(process, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
