namespace McCache.Stress.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("--silos", "1")]
    [InlineData("--silos", "21")]
    [InlineData("--minutes", "0")]
    [InlineData("--faults", "flood")]
    [InlineData("--pace", "-1")]
    [InlineData("--keys", "0")]
    [InlineData("--keys", "many")]
    [InlineData("--unknown", "1")]
    public async Task Bad_option_ends_with_2_and_names_it(string option, string value)
    {
        var (exitCode, _, said) = await StressTool.RunAsync(option, value);

        Assert.Equal(2, exitCode);
        Assert.Contains(option, said, StringComparison.Ordinal);
    }
}
