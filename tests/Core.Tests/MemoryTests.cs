namespace McCache.Core.Tests;

/// <summary>Looks at the memory of the whole process, so it runs by itself.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public class MemoryTests
{
    /// <summary>The overhead that the estimate adds is what an entry really takes, give or take a quarter.</summary>
    [Fact]
    public void The_estimated_overhead_is_about_the_real_one()
    {
        const int Count = 50_000;
        var cache = Caches.Make<int, int>();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Count; i++)
        {
            cache.Set(i, i);
        }

        double real = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Count;
        GC.KeepAlive(cache);
        Assert.InRange(real, SizeEstimate.Of(1, 1) * 0.75, SizeEstimate.Of(1, 1) * 1.25);
    }
}
