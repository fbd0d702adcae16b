using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace McCache.Dashboard;

/// <summary>Checks the options of the dashboard. A message names the option, its value and the legal range.</summary>
internal sealed class DashboardOptionsValidation(IAuthorizationPolicyProvider policies) : IValidateOptions<McCacheDashboardOptions>
{
    private static readonly TimeSpan s_minPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_maxPeriod = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, McCacheDashboardOptions options)
    {
        var problems = new ValidateOptionsResultBuilder();
        if (options.RefreshPeriod < s_minPeriod || options.RefreshPeriod > s_maxPeriod)
            problems.AddError($"{McCacheDashboardOptions.Section}:{nameof(options.RefreshPeriod)} is {options.RefreshPeriod}; it must be from {s_minPeriod} to {s_maxPeriod}.");
        if (options.ActionPolicy is { } policy && policies.GetPolicyAsync(policy) is { IsCompletedSuccessfully: true, Result: null }) // a provider that has to look it up is asked when somebody acts
            problems.AddError($"{McCacheDashboardOptions.Section}:{nameof(options.ActionPolicy)} is {policy}; it must be the name of an authorization policy of this host.");
        foreach (var (text, address) in options.Links)
        {
            if (!IsLink(address))
                problems.AddError($"{McCacheDashboardOptions.Section}:{nameof(options.Links)}:{text} is {address}; it must be a path that begins with one slash, or an address of http or https.");
        }

        return problems.Build();
    }

    private static bool IsLink(string address)
        => (address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal) && !address.Contains('\\', StringComparison.Ordinal))
            || (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");
}
