namespace McCache.Simulation.Tests;

/// <summary>A rule of the protocol that a mutation breaks, by the names of coherence_model.py.</summary>
public enum Rule
{
    None,
    Fence,
    FreshView,
    StartWait,
    ValidReader,
    DeadWait,
    ValidWriter,
    MinVersion,
    EarlyFill,
    Join,
}
