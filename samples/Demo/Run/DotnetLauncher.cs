using System.Globalization;

namespace McCache.Demo.Run;

/// <summary>
/// The <c>dotnet</c> process that started this one, as <c>dotnet run</c> does. It passes signals on, but when it is killed outright nobody tells its child; so the
/// demo looks whether it is still there. On Linux only, where /proc says whose child a process is; elsewhere the demo runs to the end of its time.
/// </summary>
internal sealed class DotnetLauncher
{
    private readonly int _process;

    private DotnetLauncher(int process) => _process = process;

    /// <summary>False once this process has been handed to another parent.</summary>
    public bool IsAlive => Parent() == _process;

    /// <summary>The launcher; null when this process was started by anything else, such as a shell, which may well go before it.</summary>
    public static DotnetLauncher? Find()
    {
        if (!OperatingSystem.IsLinux() || Parent() is not { } parent)
            return null;
        try
        {
            return File.ReadAllText($"/proc/{parent}/comm").Trim() == "dotnet" ? new DotnetLauncher(parent) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The second field after the name in parentheses, which may itself have blanks and parentheses in it.</summary>
    private static int? Parent()
    {
        var status = File.ReadAllText("/proc/self/stat");
        var fields = status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return int.TryParse(fields.ElementAtOrDefault(1), CultureInfo.InvariantCulture, out var parent) ? parent : null;
    }
}
