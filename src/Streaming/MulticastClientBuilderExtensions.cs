using McCache.Streaming;
using Orleans.Serialization;
using Orleans.Streams;

namespace Orleans.Hosting;

/// <summary>Adds multicast streams to a client outside the cluster.</summary>
public static class MulticastClientBuilderExtensions
{
    /// <summary>
    /// Adds a stream provider whose every item reaches every subscription on every silo and every client. The silos of the cluster add it under the same name; adding it again changes nothing but the options.
    /// </summary>
    /// <remarks>
    /// The client is a member through one of its gateways, which it looks for when a stream is first used. <c>SubscribeAsync</c> completes when whatever is published from then on will be heard. When the
    /// gateway is lost, another is found, and each subscription is told of the gap by <see cref="MulticastGapException"/>; an awaited <c>OnNextAsync</c> that is under way then fails, since
    /// the item may have reached some subscriptions. Otherwise as for a silo.
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="name">The name of the provider, for <c>GetStreamProvider(name)</c>.</param>
    /// <param name="configure">Sets options; configuration under <c>McCache:Multicast:NAME</c> has the last word.</param>
    public static IClientBuilder AddMulticastStreams(this IClientBuilder builder, string name, Action<MulticastOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var services = builder.Services;
        if (!services.TryAddMulticast(name, configure))
            return builder;
        if (!services.Any(service => service.ServiceType == typeof(ClientMembers)))
        {
            services.AddSingleton<ClientMembers>();
            services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(provider => provider.GetRequiredService<ClientMembers>());
        }

        services.AddKeyedSingleton<IMulticastChannel>(name, (provider, _) => provider.GetRequiredService<ClientMembers>().Find(name));
        services.AddKeyedSingleton<IStreamProvider>(name, (provider, _) => new MulticastStreamProvider(
            provider.GetRequiredService<ClientMembers>().Find(name), provider.GetRequiredService<Serializer>(), provider.GetRequiredService<IGrainContextAccessor>()));
        return builder;
    }
}
