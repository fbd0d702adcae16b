namespace McCache.Demo.Tests;

/// <summary>Bad options end with exit code 2 and a line that names the option, its range and what it got.</summary>
public sealed class OptionTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("--silos must be a whole number from 1 to 16; '0' is not.", "--silos", "0")]
    [InlineData("--silos must be a whole number from 1 to 16; '17' is not.", "--silos", "17")]
    [InlineData("--silos must be a whole number from 1 to 16; '2.5' is not.", "--silos", "2.5")]
    [InlineData("--clients must be a whole number from 0 to 16; '-1' is not.", "--clients", "-1")]
    [InlineData("--clients must be a whole number from 0 to 16; '17' is not.", "--clients", "17")]
    [InlineData("--seconds must be a whole number from 1 to 86400; 'soon' is not.", "--seconds", "soon")]
    [InlineData("--updates must be a number from 0 to 1; '1.1' is not.", "--updates", "1.1")]
    [InlineData("--updates must be a number from 0 to 1; 'NaN' is not.", "--updates", "NaN")]
    [InlineData("--coherence must be invalidate or replicate; 'both' is not.", "--coherence", "both")]
    [InlineData("--trace must name a file that exists; '/no/such/trace' does not.", "--trace", "/no/such/trace")]
    [InlineData("Unrecognized command or argument 'fast'.", "fast")]
    [InlineData("'member' is how the demo starts its own processes; start the demo without it.", "member")]
    public async Task Bad_option_is_refused_by_name(string message, params string[] options)
    {
        await using var demo = DemoProcess.Start(options);
        var (exitCode, output, errors) = await demo.EndAsync();

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Trace_without_requests_is_refused()
    {
        var file = Path.GetTempFileName();
        try
        {
            await using var demo = DemoProcess.Start("--trace", file);
            var (exitCode, _, errors) = await demo.EndAsync();

            Assert.Equal(2, exitCode);
            Assert.Contains("has no request in it", errors, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
