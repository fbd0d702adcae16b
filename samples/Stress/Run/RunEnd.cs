namespace McCache.Stress.Run;

/// <summary>What was seen when the load had stopped.</summary>
internal sealed record RunEnd
{
    /// <summary>Why the run was given up; null when it was not.</summary>
    internal string? GivenUp { get; init; }

    /// <summary>Seconds until a coherent verb of everybody had returned; null when one could not.</summary>
    internal double? Drain { get; init; }

    /// <summary>Coherent verbs that had neither returned nor failed when patience ended; null when it did not come to that.</summary>
    internal int? HungVerbs { get; init; }

    /// <summary>Clients that are gone, or have gone elsewhere, about which silos kept something; null when it did not come to that.</summary>
    internal int? ClientsKept { get; init; }

    internal Copies Copies { get; init; } = new();
}
