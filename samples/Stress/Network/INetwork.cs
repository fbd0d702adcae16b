using McCache.Stress.Shared;

namespace McCache.Stress.Network;

/// <summary>Where the processes of a run live, and how they are cut off from each other.</summary>
internal interface INetwork : IAsyncDisposable
{
    /// <summary>What it is, for people.</summary>
    string Description { get; }

    /// <summary>The cuts that it can make.</summary>
    IReadOnlyList<CutKind> Cuts { get; }

    (string Address, int Port) Table { get; }

    SiloPlace Silo(int silo);

    /// <summary>What to put before the command line of the table (null) or of a member, by the index of its place.</summary>
    IReadOnlyList<string> Prefix(int? member);

    Task ApplyAsync(Cut cut);

    Task HealAsync(Cut cut);
}
