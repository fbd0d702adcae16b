using Microsoft.Extensions.Logging;
using Orleans.Metadata;

namespace McCache.Streaming;

/// <summary>
/// Looks for grains with an <c>[ImplicitStreamSubscription]</c>: a multicast stream has no grain identity to deliver to, so it cannot honour them. The attribute does not say
/// which provider it means, so this only warns, and only when somebody uses the provider's streams.
/// </summary>
internal static class ImplicitSubscriptions
{
    internal static void Warn(string provider, IClusterManifestProvider manifests, ILogger log)
    {
        var count = manifests.LocalGrainManifest.Grains.Values.Count(grain => grain.Properties.Any(property =>
            property.Key.StartsWith(WellKnownGrainTypeProperties.BindingPrefix, StringComparison.Ordinal)
            && property.Key.EndsWith(WellKnownGrainTypeProperties.BindingTypeKey, StringComparison.Ordinal)
            && property.Value == WellKnownGrainTypeProperties.StreamBindingTypeValue));
        if (count > 0)
            log.ImplicitSubscriptionsIgnored(provider, count);
    }
}
