using static McCache.Streaming.Tests.Promises.Silos;

namespace McCache.Streaming.Tests.Promises;

/// <summary>A network that notes what it is asked, and answers at once unless a test has the answer.</summary>
internal sealed class FakeLeaseNetwork(TimeProvider time) : ILeaseNetwork
{
    internal List<(SiloAddress Silo, MembershipVersion Version)> Asked { get; } = [];

    internal List<(SiloAddress Silo, bool IsDrained)> Goodbyes { get; } = [];

    internal List<MembershipVersion> Refreshed { get; } = [];

    internal int TableReads { get; private set; }

    /// <summary>What table and membership show.</summary>
    internal ClusterRows Rows { get; set; } = Active(1, Self);

    internal TimeSpan Duration { get; set; } = Times.Duration;

    internal bool IsPromising { get; set; } = true;

    /// <summary>How far the others' wall clocks are ahead.</summary>
    internal TimeSpan Ahead { get; set; }

    internal TaskCompletionSource<ClusterRows>? Table { get; set; }

    /// <summary>Reads of the table that have been neither answered nor given up.</summary>
    internal int TableReadsUnderWay { get; private set; }

    internal TaskCompletionSource<ClusterRows>? Refresh { get; set; }

    public ValueTask<Promise> AskAsync(SiloAddress silo, MembershipVersion version, TimeSpan duration)
    {
        Asked.Add((silo, version));
        return new(new Promise(IsPromising, Rows.Version, (time.GetUtcNow() + Ahead).ToUnixTimeMilliseconds(), Duration));
    }

    public Task SayGoodbyeAsync(SiloAddress silo, bool isDrained)
    {
        Goodbyes.Add((silo, isDrained));
        return Task.CompletedTask;
    }

    public Task<ClusterRows> RefreshAsync(MembershipVersion minimum, CancellationToken cancellationToken)
    {
        Refreshed.Add(minimum);
        return Refresh?.Task ?? Task.FromResult(Rows);
    }

    public Task<ClusterRows> ReadTableAsync(CancellationToken cancellationToken)
    {
        TableReads++;
        if (Table is null)
            return Task.FromResult(Rows);
        TableReadsUnderWay++;
        cancellationToken.Register(() => TableReadsUnderWay--);
        return Table.Task;
    }
}
