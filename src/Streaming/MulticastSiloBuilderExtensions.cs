using McCache;
using McCache.Streaming;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Orleans.Streams;

namespace Orleans.Hosting;

/// <summary>Adds multicast streams to a silo.</summary>
public static class MulticastSiloBuilderExtensions
{
    /// <summary>
    /// Adds a stream provider whose every item reaches every subscription on every silo. Every silo of the cluster adds it under the same name; adding it again changes
    /// nothing but the options.
    /// </summary>
    /// <remarks>
    /// Subscriptions are local: they live as long as the grain activation that made them (or the silo, outside grains), and are not stored anywhere. An awaited
    /// <c>OnNextAsync</c> completes when every subscription everywhere has handled the item, or its silo has left or can serve no more (and this silo has started, and is entitled to serve); one that is not awaited is fire and forget.
    /// What could not be delivered in order is reported to the subscription as <see cref="MulticastGapException"/>. There are no sequence tokens, no rewinding, and no
    /// implicit subscriptions.
    /// </remarks>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The name of the provider, for <c>GetStreamProvider(name)</c>.</param>
    /// <param name="configure">Sets options; configuration under <c>McCache:Multicast:NAME</c> has the last word.</param>
    /// <example>
    /// <code>
    /// silo.AddMulticastStreams("news");
    /// // in a grain: this.GetStreamProvider("news").GetStream&lt;string&gt;("headlines").OnNextAsync("...")
    /// </code>
    /// </example>
    public static ISiloBuilder AddMulticastStreams(this ISiloBuilder builder, string name, Action<MulticastOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var services = builder.Services;
        if (!services.TryAddMulticast(name, configure))
            return builder;
        if (!services.Any(service => service.ServiceType == typeof(MulticastMembers)))
            AddShared(builder);
        services.AddKeyedSingleton<IMulticastChannel>(name, (provider, _) => provider.GetRequiredService<MulticastMembers>().Find(name)!);
        services.AddKeyedSingleton<IStreamProvider>(name, (provider, _) =>
        {
            var member = provider.GetRequiredService<MulticastMembers>().Find(name)!;
            ImplicitSubscriptions.Warn(name, provider.GetRequiredService<IClusterManifestProvider>(), member.Log);
            return new MulticastStreamProvider(member, provider.GetRequiredService<Serializer>(), provider.GetRequiredService<IGrainContextAccessor>());
        });
        return builder;
    }

    private static SiloLease CreateLease(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<McCacheOptions>>().Value;
        return new(
            services.GetRequiredService<ILocalSiloDetails>().SiloAddress,
            new LeaseTimes(options.LeaseDuration, options.LeaseRenewal),
            options.MaxClockSkew,
            services.GetRequiredService<LeaseNetwork>(),
            services.GetRequiredService<TimeProvider>(),
            Random.Shared,
            services.GetRequiredService<ILogger<SiloLease>>());
    }

    private static void AddShared(ISiloBuilder builder)
    {
        builder.AddGrainService<MulticastEndpoint>();
        builder.AddGrainService<PromiseEndpoint>();
        var services = builder.Services;
        services.AddSingleton<EndpointClient>();
        services.TryAddSingleton<IMulticastTransport>(provider => provider.GetRequiredService<EndpointClient>());
        services.AddSingleton<LeaseNetwork>();
        services.AddSingleton(CreateLease);
        services.AddSingleton<MulticastMembers>();
        services.AddSingleton<GatewayCalls>();
        services.AddSingleton(provider => new MulticastInstruments(provider.GetRequiredService<MulticastMembers>(), provider.GetRequiredService<SiloLease>(), provider.GetRequiredService<SealedCalls>()));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MulticastLifecycle>();
    }
}
