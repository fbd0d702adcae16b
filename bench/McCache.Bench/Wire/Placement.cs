using System.ComponentModel;
using System.Diagnostics;

namespace McCache.Bench.Wire;

/// <summary>The cores that a process may run on.</summary>
internal static class Placement
{
    /// <summary>The cores that this process may use.</summary>
    public static int[] Cores()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows())
            return [];
        using var process = Process.GetCurrentProcess();
        var mask = (long)process.ProcessorAffinity;
        return [.. Enumerable.Range(0, 64).Where(core => (mask & (1L << core)) != 0)];
    }

    /// <summary>Puts every thread of this process on some cores; threads made later inherit it.</summary>
    public static void Pin(long mask)
    {
        using var process = Process.GetCurrentProcess();
        if (OperatingSystem.IsWindows())
        {
            process.ProcessorAffinity = (nint)mask;
            return;
        }

        if (!OperatingSystem.IsLinux())
            return;
        foreach (ProcessThread thread in process.Threads)
        {
            try
            {
                using var task = Process.GetProcessById(thread.Id); // to the kernel a thread is a task like any: affinity set by process is that of its first thread only
                task.ProcessorAffinity = (nint)mask;
            }
            catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
            {
                // It has ended.
            }
        }
    }
}
