using System.Runtime.InteropServices;

namespace McCache.Core;

/// <summary><see cref="Environment.TickCount64"/>, a quarter quicker: on Linux both are what the kernel's time page says (clock_gettime(2), CLOCK_MONOTONIC_COARSE), here without the runtime's detour.</summary>
internal static unsafe class KernelTicks
{
    private const int MonotonicCoarse = 6;

    private static readonly bool s_isLinux = OperatingSystem.IsLinux() && Environment.Is64BitProcess && CanRead();

    internal static long Now => s_isLinux ? Read() : Environment.TickCount64;

    private static long Read()
    {
        Timespec time;
        _ = clock_gettime(MonotonicCoarse, &time);
        return (time.Seconds * 1_000) + (time.Nanoseconds / 1_000_000);
    }

    private static bool CanRead()
    {
        try
        {
            long before = Environment.TickCount64;
            long now = Read();
            return now >= before && now <= Environment.TickCount64;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", ExactSpelling = true), SuppressGCTransition, DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int clock_gettime(int clock, Timespec* time);

    private struct Timespec
    {
        internal long Seconds, Nanoseconds;
    }
}
