using McCache.Stress.Run;

namespace McCache.Stress.Tests;

public sealed class MemoryTests
{
    private const long MiB = 1024 * 1024;

    [Fact]
    public void Memory_that_levels_off_is_bounded() => Assert.True(Sample(second => Math.Min(second, 50) * 8 * MiB).IsBounded(0, 100));

    [Fact]
    public void Memory_that_grows_and_grows_is_not() => Assert.False(Sample(second => second * 8 * MiB).IsBounded(0, 100));

    private static MemoryHistory Sample(Func<long, long> bytes)
    {
        var memory = new MemoryHistory();
        for (var second = 0; second <= 100; second++)
            memory.Add(process: 1, second, bytes(second));
        return memory;
    }
}
