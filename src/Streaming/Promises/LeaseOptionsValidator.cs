using Microsoft.Extensions.Options;

namespace McCache.Streaming;

/// <summary>Checks the lease options. A message names the option, its value and the legal range.</summary>
internal sealed class LeaseOptionsValidator : IValidateOptions<McCacheOptions>
{
    private static readonly TimeSpan s_minDuration = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_maxDuration = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_minRenewal = TimeSpan.FromMilliseconds(10);

    public ValidateOptionsResult Validate(string? name, McCacheOptions options)
    {
        var problems = new ValidateOptionsResultBuilder();
        Check(nameof(options.LeaseDuration), options.LeaseDuration, s_minDuration, s_maxDuration);
        Check(nameof(options.LeaseRenewal), options.LeaseRenewal, s_minRenewal, options.LeaseDuration / 2);
        return problems.Build();

        void Check(string option, TimeSpan value, TimeSpan min, TimeSpan max)
        {
            if (value < min || value > max)
                problems.AddError($"{McCacheOptions.Section}:{option} is {value}; it must be from {min} to {max}.");
        }
    }
}
