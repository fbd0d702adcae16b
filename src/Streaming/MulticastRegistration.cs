using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace McCache.Streaming;

/// <summary>The name of a provider that was added.</summary>
internal sealed record MulticastRegistration(string Name);

internal static class MulticastRegistrations
{
    /// <summary>Registers what a provider needs in silos and clients alike.</summary>
    /// <returns>False when one of that name was added before; then the options are all that has changed.</returns>
    internal static bool TryAddMulticast(this IServiceCollection services, string name, Action<MulticastOptions>? configure)
    {
        if (configure is not null)
            services.Configure(name, configure);
        if (services.Any(service => service.ImplementationInstance is MulticastRegistration known && known.Name == name))
            return false;
        services.AddSingleton(new MulticastRegistration(name));
        services.AddOptions<MulticastOptions>(name)
            .PostConfigure<IServiceProvider>((options, provider) => provider.GetService<IConfiguration>()?.GetSection($"{MulticastOptions.Section}:{name}").Bind(options))
            .ValidateOnStart(); // before the silo joins its cluster
        services.TryAddSingleton(TimeProvider.System);
        services.AddMcCacheOptions();
        services.TryAddSingleton<SealedCalls>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MulticastOptions>, MulticastOptionsValidator>());
        return true;
    }
}
