namespace McCache.Simulation.Tests;

/// <summary>Finds the fewest faults of a failing plan that still fail, in the manner of delta debugging (Zeller and Hildebrandt, 2002): leaves out halves, quarters, and at last single faults.</summary>
internal static class Minimizer
{
    /// <summary>The property that a violation is of.</summary>
    internal static string PropertyOf(string violation) => violation[..violation.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>The smallest plan found that violates the same property.</summary>
    internal static Plan Minimize(Plan plan, Rule off, string property)
    {
        for (var size = Math.Max(1, plan.Faults.Count / 2); ;)
        {
            var isSmaller = false;
            for (var start = 0; start < plan.Faults.Count;)
            {
                var less = plan with { Faults = [.. plan.Faults.Take(start), .. plan.Faults.Skip(start + size)] };
                if (World.Run(less, off).Violations.Exists(violation => PropertyOf(violation) == property))
                    (plan, isSmaller) = (less, true);
                else
                    start += size;
            }

            if (size == 1 && !isSmaller)
                return plan;
            if (!isSmaller || size > plan.Faults.Count)
                size = Math.Max(1, size / 2);
        }
    }

    /// <summary>What to do to see a plan fail, and what its faults are.</summary>
    internal static string Describe(Plan plan, Rule off)
        => $"""
            MCCACHE_SEED={plan.Seed} MCCACHE_FAULTS={string.Join(',', plan.Faults.Select(fault => fault.Index))}{(off == Rule.None ? "" : $" MCCACHE_RULE={off}")} dotnet test tests/Simulation.Tests -c Release --filter FullyQualifiedName~{(plan.IsReplicated ? "Coherence_and_convergence" : "Coherence_holds")}
            {string.Join(Environment.NewLine, plan.Faults)}
            """;
}
