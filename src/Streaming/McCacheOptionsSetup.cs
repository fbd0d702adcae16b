using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace McCache.Streaming;

/// <summary>Binds the options that caches and streams share from the configuration, and checks them. A message names the option, its value and the legal range.</summary>
internal sealed class McCacheOptionsSetup(IServiceProvider services) : IPostConfigureOptions<McCacheOptions>, IValidateOptions<McCacheOptions>
{
    private static readonly TimeSpan s_minRenewal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_minSkew = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_maxSkew = TimeSpan.FromDays(1);

    public void PostConfigure(string? name, McCacheOptions options)
    {
        var section = services.GetService<IConfiguration>()?.GetSection(McCacheOptions.Section);
        if (section?.GetSection(nameof(options.EncryptionKeys)).Exists() == true)
            options.EncryptionKeys.Clear(); // binding would put these behind
        section?.Bind(options);
    }

    public ValidateOptionsResult Validate(string? name, McCacheOptions options)
    {
        var problems = new ValidateOptionsResultBuilder();
        Check(nameof(options.LeaseDuration), options.LeaseDuration, LeaseTimes.MinDuration, LeaseTimes.MaxDuration);
        Check(nameof(options.LeaseRenewal), options.LeaseRenewal, s_minRenewal, options.LeaseDuration / 2);
        Check(nameof(options.MaxClockSkew), options.MaxClockSkew, s_minSkew, s_maxSkew);
        Check(nameof(options.MaxInlineValueBytes), options.MaxInlineValueBytes, 1024, 128 * 1024);
        Check(nameof(options.MaxLargeValueBytes), options.MaxLargeValueBytes, 1L << 20, 1L << 34);
        var keys = $"{McCacheOptions.Section}:{nameof(options.EncryptionKeys)}";
        if (options.EncryptionKeys.Count > KeyRing.MaxSecrets)
            problems.AddError($"{keys} has {options.EncryptionKeys.Count} entries; it must have from 0 to {KeyRing.MaxSecrets}.");
        for (var i = 0; i < options.EncryptionKeys.Count; i++)
        {
            if (!KeyRing.IsSecret(options.EncryptionKeys[i]))
                problems.AddError($"{keys}:{i} is no secret (it is not shown here); it must be {KeyRing.SecretLength} bytes in base 64, as `openssl rand -base64 {KeyRing.SecretLength}` makes them.");
        }

        if (options is { RequireTls: true, HasTls: false })
            problems.AddError($"{McCacheOptions.Section}:{nameof(options.RequireTls)} is True, but UseMcCacheTls was not called: nothing would protect the connections of this process. Call it (package McCache.Security), or set the option to False.");
        return problems.Build();

        void Check<T>(string option, T value, T min, T max)
            where T : IComparable<T>
        {
            if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
                problems.AddError($"{McCacheOptions.Section}:{option} is {value}; it must be from {min} to {max}.");
        }
    }
}

internal static class McCacheOptionsServiceCollectionExtensions
{
    /// <summary>May be called more than once.</summary>
    internal static void AddMcCacheOptions(this IServiceCollection services)
    {
        services.AddOptions<McCacheOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<McCacheOptions>, McCacheOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<McCacheOptions>, McCacheOptionsSetup>());
    }
}
