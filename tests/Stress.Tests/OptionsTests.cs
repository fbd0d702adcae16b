namespace McCache.Stress.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("--faults", "flood")]
    [InlineData("--keys", "many")]
    [InlineData("--coherence", "both")]
    [InlineData("--loss", "91")]
    [InlineData("--clients", "17")]
    public async Task Bad_option_ends_with_2_and_names_it(string option, string value)
    {
        var (exitCode, _, said) = await StressTool.RunAsync(option, value);

        Assert.Equal(2, exitCode);
        Assert.Contains(option, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Move_is_a_fault_of_clients()
    {
        Assert.Contains("--clients", new StressOptions { Faults = ["move"] }.Check(), StringComparison.Ordinal);
        Assert.Null(new StressOptions { Faults = ["move"], Clients = 1 }.Check());
    }

    [Fact]
    public void Value_out_of_range_is_named_with_its_range()
    {
        Assert.Null(new StressOptions().Check());
        Assert.All(
            new[]
            {
                ("--silos", new StressOptions { Silos = 1 }),
                ("--silos", new StressOptions { Silos = 21 }),
                ("--clients", new StressOptions { Clients = -1 }),
                ("--clients", new StressOptions { Clients = 17 }),
                ("--minutes", new StressOptions { Minutes = 0 }),
                ("--minutes", new StressOptions { Minutes = double.NaN }),
                ("--pace", new StressOptions { PaceMilliseconds = -1 }),
                ("--workers", new StressOptions { Workers = 0 }),
                ("--keys", new StressOptions { Keys = 0 }),
                ("--loss", new StressOptions { LossPercent = -1 }),
                ("--loss", new StressOptions { LossPercent = double.NaN }),
                ("--coherent", new StressOptions { CoherentPercent = 101 }),
            },
            bad => Assert.StartsWith($"{bad.Item1} is ", bad.Item2.Check(), StringComparison.Ordinal));
    }
}
