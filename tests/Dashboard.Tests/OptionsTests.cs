using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace McCache.Dashboard.Tests;

/// <summary>Options are checked when the host starts.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void Defaults_have_not_changed()
    {
        var options = new McCacheDashboardOptions();
        Assert.Equal((false, null, false, TimeSpan.FromSeconds(1)), (options.AllowActions, options.ActionPolicy, options.ShowKeys, options.RefreshPeriod));
        Assert.Empty(options.Links);
        Assert.Equal(5, typeof(McCacheDashboardOptions).GetProperties().Length);
    }

    [Theory]
    [InlineData("00:00:00.249")]
    [InlineData("00:01:00.001")]
    public async Task An_illegal_period_is_named_with_its_value_and_range(string period)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => DashboardSite.StartAsync(new SimulatedCluster(1, 1), options => options.RefreshPeriod = TimeSpan.Parse(period)));
        Assert.Contains("McCache:Dashboard:RefreshPeriod is ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("from 00:00:00.2500000 to 00:01:00", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("//elsewhere.example", false)]
    [InlineData("/\\elsewhere.example", false)]
    [InlineData("orleans", false)]
    [InlineData("/orleans", true)]
    [InlineData("https://example.org/grafana", true)]
    public void Links_are_paths_or_addresses_of_the_web(string address, bool isLegal)
    {
        var options = new McCacheDashboardOptions { Links = { ["there"] = address } };
        Assert.Equal(isLegal, new DashboardOptionsValidation(new DefaultAuthorizationPolicyProvider(Options.Create(new AuthorizationOptions()))).Validate(null, options).Succeeded);
    }

    [Fact]
    public async Task A_policy_that_the_host_does_not_have_is_named_when_it_starts()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => DashboardSite.StartAsync(new SimulatedCluster(1, 1), options => options.ActionPolicy = "nobody's"));
        Assert.Contains("McCache:Dashboard:ActionPolicy is nobody's", exception.Message, StringComparison.Ordinal);
    }
}
