using McCache.Demo.Run;

namespace McCache.Demo.Views;

/// <summary>Shows a run to somebody.</summary>
internal interface IRunView
{
    /// <summary>Shows the run until it has ended. Never fails because the run does.</summary>
    Task WatchAsync(Task run);

    /// <summary>Says how it ended.</summary>
    void Close(Outcome outcome);
}
