namespace McCache.Core.Tests;

public sealed class KernelTicksTests
{
    /// <summary>Leases are counted by it, and the runtime's own tick count is the same clock.</summary>
    [Fact]
    public void They_are_the_runtimes_tick_count()
    {
        for (int round = 0; round < 100_000; round++)
        {
            long before = Environment.TickCount64;
            Assert.InRange(KernelTicks.Now, before, Environment.TickCount64);
        }
    }
}
