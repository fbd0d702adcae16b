namespace McCache.Demo.Command;

/// <summary>How a process of the demo ends.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>A stale read, a fill that was multicast, copies that differ after quiet, or a silo that failed.</summary>
    public const int Failure = 1;

    public const int BadOptions = 2;

    /// <summary>A silo found its port taken: the parent picks others and tries again. The value is "temporary failure" of sysexits.h.</summary>
    public const int PortTaken = 75;

    /// <summary>A silo or client whose parent is gone.</summary>
    public const int Orphaned = 76;

    /// <summary>Stopped by Ctrl-C or a signal, with nothing wrong up to then: 128 + SIGINT, as shells expect it.</summary>
    public const int Interrupted = 130;
}
