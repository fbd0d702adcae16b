using System.Diagnostics;
using McCache.Stress.Network;

namespace McCache.Stress.Run;

/// <summary>The folder of a run, and what runs that were killed have left: processes (a paused one does not notice that its parent is gone), namespaces, folders.</summary>
internal static class Leftovers
{
    private const string Prefix = "mccache-stress-";

    /// <summary>Shared memory belongs in memory, where there is a file system for it.</summary>
    private static string Root => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    internal static string CreateFolder(int process) => Directory.CreateDirectory(Path.Combine(Root, $"{Prefix}{process}")).FullName;

    /// <summary>Copies the logs to where they stay.</summary>
    internal static string KeepLogs(string folder, int process)
    {
        var target = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"{Prefix}logs-{process}")).FullName;
        foreach (var log in Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) is ".log" or ".out"))
            File.Copy(log, Path.Combine(target, Path.GetFileName(log)), overwrite: true);
        return target;
    }

    internal static async Task RemoveAsync()
    {
        foreach (var folder in Directory.EnumerateDirectories(Root, $"{Prefix}*"))
        {
            if (!int.TryParse(Path.GetFileName(folder)[Prefix.Length..], out var process) || IsAlive(process))
                continue;
            KillChildren(folder);
            Directory.Delete(folder, recursive: true);
        }

        foreach (var (name, process) in Namespaces.List())
        {
            if (!IsAlive(process))
                await Namespaces.DeleteAsync(name);
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The children of a run have its folder, or one within it, in their command lines.</summary>
    private static void KillChildren(string folder)
    {
        foreach (var entry in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (int.TryParse(Path.GetFileName(entry), out var process) && ReadCommandLine(entry) is var line
                && (line.Contains($"{folder}\"", StringComparison.Ordinal) || line.Contains($"{folder}/", StringComparison.Ordinal)))
                Signals.Kill(process);
        }
    }

    private static string ReadCommandLine(string entry)
    {
        try
        {
            return File.ReadAllText(Path.Combine(entry, "cmdline"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended meanwhile, or is somebody else's
        }
    }
}
