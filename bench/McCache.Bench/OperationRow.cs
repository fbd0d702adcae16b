namespace McCache.Bench;

/// <summary>What one operation of one cache takes, beside the first cache's.</summary>
internal sealed record OperationRow(string Cache, string Scenario, int Threads, double NsPerOperation, double Ratio, double BytesPerOperation)
{
    /// <summary>In the order of their ratios.</summary>
    public static IEnumerable<OperationRow> Measure(Rounds rounds, string scenario, IReadOnlyList<Candidate> candidates, params int[] threads)
        => rounds.Measure(scenario, candidates, threads)
            .OrderBy(figure => figure.Threads).ThenBy(figure => figure.Ratio)
            .Select(figure => new OperationRow(figure.Name, scenario, figure.Threads, figure.NsPerOperation, figure.Ratio, figure.BytesPerOperation));
}
